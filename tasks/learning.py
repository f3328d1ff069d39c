"""Tasks of the train and evaluate stages."""

from pathlib import Path
from typing import Any

from prefect import task

from menagerie.catalog.releases import record_model
from menagerie.learning.evaluate import evaluate_release
from menagerie.learning.fit import promote, train
from menagerie.learning.predict import champion
from menagerie.recipe import Recipe
from menagerie.release.publish import current_release
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.watching import advance_of


@task(task_run_name="fit {recipe.training.model} of {recipe.dataset.name}", **RESUMABLE)
def fit(recipe: Recipe) -> Path:
    """Train a model of the current release, unless it is there, and make it the champion."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        release = current_release(folder)
        advance = advance_of(f"train {recipe.name}")
        model = train(release, folder, recipe.training, advance)
        record_model(shop.catalog, recipe.name, model.name, release.name, None)
        promote(folder, model.name)
        return model


@task(task_run_name="evaluate the champion of {recipe.dataset.name}", **RESUMABLE)
def judge_champion(recipe: Recipe) -> dict[str, Any]:
    """Judge the champion on the test split of the current release."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        release, model = current_release(folder), champion(folder)
        metrics = evaluate_release(model, release)
        record_model(shop.catalog, recipe.name, model.name, release.name, metrics.accuracy)
        return metrics.to_json()
