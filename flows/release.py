"""Release: split, arrays, manifest, card."""

from prefect import flow

from tasks.parameters import RecipeOfToday
from tasks.policies import LOCAL_FLOW
from tasks.releasing import announce, publish, show_differences, show_release
from tasks.reporting import show_funnel
from tasks.stages import stage


@flow(name="release", flow_run_name="release {recipe.dataset.name}", **LOCAL_FLOW)
def release(recipe: RecipeOfToday, allow_drop: bool = False) -> None:
    """Build a release of what is kept and make it current.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
        allow_drop: Publish also if a class has lost far more samples than the recipe allows.
    """
    with stage(recipe, "release") as told:
        published = publish(recipe, allow_drop)
        told |= show_release(recipe, published)
        show_differences(recipe, published)
        show_funnel(recipe)
    announce(recipe, told)
