"""Train: a model of the current release."""

from prefect import flow

from tasks.learning import fit
from tasks.parameters import RecipeOfToday
from tasks.policies import FLOW
from tasks.stages import stage
from tasks.telling import named_with_release
from tasks.watching import bar


@flow(name="train", flow_run_name=named_with_release, **FLOW)
def train(recipe: RecipeOfToday) -> None:
    """Train the recipe's network on the current release, unless that was done.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
    """
    with stage(recipe, "train") as told, bar(f"train {recipe.name}", recipe.training.epochs):
        told |= fit(recipe)
