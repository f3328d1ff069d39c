"""Evaluate: the newest model on the test split, and against the champion."""

from prefect import flow

from tasks.judging import show_judgement
from tasks.learning import judge
from tasks.parameters import RecipeOfToday
from tasks.policies import LOCAL_FLOW
from tasks.stages import stage
from tasks.telling import named_with_release


@flow(name="evaluate", flow_run_name=named_with_release, **LOCAL_FLOW)
def evaluate(recipe: RecipeOfToday) -> None:
    """Judge the newest model, unless that was done, and promote it if it is not worse.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
    """
    with stage(recipe, "evaluate") as told:
        told |= show_judgement(recipe, judge(recipe))
