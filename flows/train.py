"""Train: a model of the current release."""

from prefect import flow

from tasks.learning import fit
from tasks.parameters import RecipeOfToday
from tasks.policies import FLOW
from tasks.stages import stage
from tasks.watching import bar


@flow(name="train", flow_run_name="train {recipe.dataset.name}", **FLOW)
def train(recipe: RecipeOfToday) -> None:
    """Train the recipe's network on the current release, unless that was done."""
    with stage(recipe, "train"), bar(f"train {recipe.name}", recipe.training.epochs):
        fit(recipe)
