"""Release: split, arrays, manifest, card."""

from prefect import flow

from tasks.parameters import AllowDrop, RecipeOfToday
from tasks.policies import FLOW
from tasks.releasing import publish, show_differences
from tasks.reporting import show_funnel
from tasks.stages import stage


@flow(name="release", flow_run_name="release {recipe.dataset.name}", **FLOW)
def release(recipe: RecipeOfToday, allow_drop: AllowDrop = False) -> None:
    """Build a release of what is kept and make it current.

    With `allow_drop` also if a class has lost far more samples than the recipe allows.
    """
    with stage(recipe, "release"):
        published = publish(recipe, allow_drop)
        show_differences(recipe, published)
        show_funnel(recipe)
