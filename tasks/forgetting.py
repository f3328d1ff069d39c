"""Tasks of the forget flow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from menagerie.forgetting import Forgotten, Home, all_held, subject_of
from menagerie.forgetting import forget as take_out
from menagerie.recipe import Recipe
from menagerie.settings import load_settings
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.stages import held


@contextmanager
def everything_held(recipe: Recipe) -> Iterator[None]:
    """Hold every dataset: a photo may stand in several."""
    settings = load_settings()
    with held(recipe, lambda: all_held(settings.home, settings.datasets)):
        yield


@task(task_run_name="forget for {recipe.dataset.name}", **RESUMABLE)
def forget_everywhere(
    recipe: Recipe, photo: str | None, owner: str | None, reason: str
) -> Forgotten:
    """Take a photo, or all photos of an owner, out of everything."""
    with open_workshop() as shop:
        settings = shop.settings
        subject = subject_of(shop.catalog, recipe.name, settings.source, photo, owner)
        place = Home(shop.catalog, shop.store, settings.home, settings.datasets)
        return take_out(place, subject, reason)


@task(task_run_name="show what was forgotten", **RESUMABLE)
def show_forgotten(recipe: Recipe, done: Forgotten) -> dict[str, Any]:
    """Publish what was removed, in numbers: who it was is to be forgotten here, too."""
    replaced = [
        f"| {each.dataset} | `{each.release}` | `{each.successor or 'withdrawn'}` |"
        for each in done.releases
    ]
    models = [f"- `{each.model}` of {each.dataset}" for each in done.models]
    lines = [
        f"Removed: photos {len(done.photos):,}, stored files {done.files:,},"
        f" tiles {done.tiles:,}, fingerprints {done.fingerprints:,}."
        if done.seen
        else "Nothing was known of them; they are kept from coming.",
        "\n".join(["| dataset | release | now |", "|---|---|---|", *replaced]) if replaced else "",
        "\n".join(["Trained on them, and still there:", "", *models]) if models else "",
    ]
    create_markdown_artifact(
        "\n\n".join(filter(None, lines)) + "\n",
        key=f"forgotten-{recipe.name.replace('_', '-')}",
        description="What was removed for good",
    )
    return {
        "photos": len(done.photos),
        "files": done.files,
        "releases": len(done.releases),
        "models": len(done.models),
    }


def forget_parameters(recipe: Recipe) -> None:
    """Take who was meant out of this run's parameters, where Prefect would keep it for ever."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    with get_client(sync_client=True) as client:
        client.update_flow_run(context.flow_run.id, parameters={"recipe": recipe.name})
