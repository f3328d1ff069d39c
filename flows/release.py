"""Release: split, arrays, manifest, card."""

from prefect import flow

from menagerie.recipe import Recipe
from tasks.policies import FLOW
from tasks.releasing import publish
from tasks.reporting import show_funnel
from tasks.stages import stage


@flow(name="release", flow_run_name="release {recipe.dataset.name}", **FLOW)
def release(recipe: Recipe) -> None:
    """Build a release of what is kept and make it current."""
    with stage(recipe, "release"):
        publish(recipe)
        show_funnel(recipe)
