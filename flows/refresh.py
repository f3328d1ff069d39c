"""Refresh: every stage in order; each does what is missing."""

from prefect import flow, tags

from flows.collect import collect
from flows.curate import curate
from flows.evaluate import evaluate
from flows.release import release
from flows.train import train
from tasks.parameters import Again, Limit, RecipeOfToday, limited
from tasks.policies import FLOW
from tasks.reporting import report
from tasks.stages import stage
from tasks.telling import tags_of


@flow(name="refresh", flow_run_name="refresh {recipe.dataset.name}", **FLOW)
def refresh(
    recipe: RecipeOfToday,
    limit: Limit = None,
    skip_training: bool = False,
    again: Again = 0,  # noqa: ARG001 - Prefect's server counts with it
) -> None:
    """Bring a dataset up to date: collect, curate, release, train, evaluate.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
        limit: At most so many photos of each keyword this time; empty for what the recipe says.
        skip_training: End with the release and train nothing.
        again: How many runs before this one crashed in a row; counted by the automation that
            starts a crashed run again.
    """
    recipe = limited(recipe, limit)
    with stage(recipe, "refresh", goes_on=not skip_training) as told:
        # From their first moment, so that their heartbeats tell whose they are.
        with tags(*tags_of(recipe.name)):
            collect(recipe)
            curate(recipe)
            release(recipe)
            if not skip_training:
                train(recipe)
                evaluate(recipe)
        told |= report(recipe)
