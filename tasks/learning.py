"""Tasks of the train and evaluate stages."""

from typing import Any

from prefect import get_run_logger, task

from menagerie.catalog.releases import record_model
from menagerie.learning.comparison import read_comparison
from menagerie.learning.contest import judge_newest
from menagerie.learning.fit import train
from menagerie.recipe import Recipe
from menagerie.release.current import current_release
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.watching import advance_of


@task(task_run_name="fit {recipe.training.model} of {recipe.dataset.name}", **RESUMABLE)
def fit(recipe: Recipe) -> dict[str, str]:
    """Train a model of the current release, unless it is there; return which it is."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        release = current_release(folder)
        advance = advance_of(f"train {recipe.name}")
        model = train(release, folder, recipe.training, advance)
        record_model(shop.catalog, recipe.name, model.name, release.name, None)
    return {"model": model.name, "release": release.name, "path": str(model)}


@task(task_run_name="evaluate the model of {recipe.dataset.name}", **RESUMABLE)
def judge(recipe: Recipe) -> dict[str, Any]:
    """Judge the newest model on the current release; promote it if the recipe's rule says so."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        release = current_release(folder)
        done = judge_newest(folder, release, recipe.training)
        accuracy = done.metrics.accuracy
        record_model(shop.catalog, recipe.name, done.model_dir.name, release.name, accuracy)
    if done.why:
        get_run_logger().info("promoted: %s" if done.is_champion else "kept: %s", done.why)
    # It was written when the two were compared, which may have been an earlier run.
    compared = read_comparison(done.model_dir)
    return {
        **done.metrics.to_json(),
        "path": str(done.model_dir),
        "is_champion": done.is_champion,
        "why": done.why,
        "compared": compared.to_json() if compared else None,
    }
