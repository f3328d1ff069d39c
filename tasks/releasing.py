"""Tasks of the release stage."""

from pathlib import Path

from prefect import task

from menagerie.recipe import Recipe
from menagerie.release.publish import publish_release
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE


@task(task_run_name="publish {recipe.dataset.name}", **RESUMABLE)
def publish(recipe: Recipe) -> Path:
    """Build a release of what is judged and make it current."""
    with open_workshop() as shop:
        settings = shop.settings
        folder = settings.dataset_dir(recipe.name)
        return publish_release(shop.catalog, recipe, folder, settings.home)
