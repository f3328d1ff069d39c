"""What several commands need: the recipe, a Prefect server, tables and JSON."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from menagerie.recipe import Recipe
    from menagerie.status import Status


class Folder(click.Path):
    """The type of options that name a folder; an empty name is none, and not the current one."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of a folder, there or not."""
        if value == "":
            self.fail("an empty name is no folder. Give . for the current one.", param, ctx)
        return super().convert(value, param, ctx)


def recipe_of(name: str) -> "Recipe":
    """Read the recipe of a dataset."""
    from menagerie.recipe import load_recipe
    from menagerie.settings import load_settings

    return load_recipe(load_settings().datasets, name)


def refuse_missing_key(recipe: "Recipe") -> None:
    """Refuse to begin what asks Flickr when there is no key for it."""
    if recipe.source.kind == "flickr":
        from menagerie.flickr.client import FlickrClient
        from menagerie.settings import load_settings

        FlickrClient(load_settings())


def quiet_prefect(*, debug: bool) -> None:
    """Have Prefect say nothing on the terminal and nothing to its makers; before its import."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # A server that outlives this process learns by their absence that it was killed.
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
    if not debug:
        # The log still goes to Prefect's server, where the UI shows it.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


@contextmanager
def flows_ready(dataset: str, *, debug: bool) -> Iterator[None]:
    """Prepare this process to run flows: quiet Prefect, a server, tags, bars on the terminal."""
    quiet_prefect(debug=debug)
    from prefect import tags

    from menagerie.display import BarScreen
    from menagerie.notices import notices
    from tasks.server import prefect_server
    from tasks.telling import tags_of
    from tasks.watching import shown_on

    with prefect_server() as url:
        if url is not None:
            click.echo(f"Watch the tasks at {url} while they run.", err=True)
        with (
            BarScreen() as screen,
            shown_on(screen),
            notices(screen.say),
            tags(*tags_of(dataset)),
        ):
            yield


def console() -> "Console":
    """Return where tables are printed."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def status_of(recipe: "Recipe") -> "Status":
    """Read where a dataset stands."""
    from menagerie.catalog.database import open_catalog
    from menagerie.settings import load_settings
    from menagerie.status import read_status

    settings = load_settings()
    with open_catalog(settings) as catalog:
        return read_status(catalog, recipe, settings.dataset_dir(recipe.name))


def show_status_of(recipe: "Recipe") -> None:
    """Print where a dataset stands."""
    from menagerie.display import show_status

    show_status(console(), status_of(recipe))


def print_json(document: object) -> None:
    """Print one JSON document on standard output.

    Raises:
        ValueError: it holds NaN or an infinity, for which JSON has no word.
    """
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
