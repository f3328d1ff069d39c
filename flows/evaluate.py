"""Evaluate: the champion on the test split."""

from prefect import flow

from menagerie.recipe import Recipe
from tasks.learning import judge_champion
from tasks.policies import FLOW
from tasks.stages import stage


@flow(
    name="evaluate",
    flow_run_name="evaluate {recipe.dataset.name}",
    **FLOW,
)
def evaluate(recipe: Recipe) -> None:
    """Judge the champion on the test split of the current release, unless that was done."""
    with stage(recipe, "evaluate"):
        judge_champion(recipe)
