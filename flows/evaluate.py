"""Evaluate: the newest model on the test split, and against the champion."""

from prefect import flow

from tasks.learning import judge
from tasks.parameters import RecipeOfToday
from tasks.policies import FLOW
from tasks.reporting import show_judgement
from tasks.stages import stage


@flow(
    name="evaluate",
    flow_run_name="evaluate {recipe.dataset.name}",
    **FLOW,
)
def evaluate(recipe: RecipeOfToday) -> None:
    """Judge the newest model, unless that was done, and promote it if it is not worse."""
    with stage(recipe, "evaluate"):
        show_judgement(recipe, judge(recipe))
