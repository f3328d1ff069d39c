"""A stage at work: the dataset is held, the workshop open, the run noted, its end told."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from prefect import get_run_logger
from prefect.context import TagsContext
from prefect.runtime import deployment

from menagerie.catalog import holding
from menagerie.catalog.releases import end_run, start_run
from menagerie.errors import BusyError
from menagerie.locking import exclusive
from menagerie.photos.scratch import clear_abandoned
from menagerie.recipe import Recipe
from menagerie.settings import load_settings
from menagerie.workshop import open_workshop
from tasks.mending import end_flows_at_once
from tasks.policies import BUSY_PAUSE_SECONDS, BUSY_SECONDS
from tasks.telling import PREFIX, begun, going_on, mark_run, tags_of, tell

# Whatever runs flows imports this module.
end_flows_at_once()


@contextmanager
def stage(recipe: Recipe, name: str, *tags: str, goes_on: bool = False) -> Iterator[dict[str, Any]]:
    """Hold a dataset for a stage, tag its run, note how it ended and tell of it.

    What is put into the yielded document goes with the event. With `goes_on` the stages within
    say that the same run does what comes after them, so that no trigger does it as well.
    """
    settings = load_settings()
    folder = settings.dataset_dir(recipe.name)
    told: dict[str, Any] = {}
    began = time.monotonic()
    try:
        with (
            # Tasks have no tags: for each that has one Prefect asks the server for a slot, which
            # takes up to a second.
            TagsContext(current_tags=set()),
            begun(),
            held(recipe, lambda: _exclusive(settings.home, folder, name)),
            going_on(goes_on) if goes_on else ExitStack(),
        ):
            mark_run(*tags_of(recipe.name), *tags)
            with _noted(recipe, name):
                yield told
    except BaseException as error:
        tell(recipe.name, f"{PREFIX}.{name}.failed", {"stage": name, "error": _words(error)})
        raise
    seconds = round(time.monotonic() - began, 1)
    tell(recipe.name, f"{PREFIX}.{name}.done", {"stage": name, "seconds": seconds, **told})


def keyword_tags(recipe: Recipe) -> list[str]:
    """Return the tags of a run that searches for the keywords of a recipe."""
    return [f"keyword:{word}" for _, word in recipe.searches]


@contextmanager
def _noted(recipe: Recipe, name: str) -> Iterator[None]:
    """Open the workshop, and note in the catalog that a stage runs and how it ended."""
    with open_workshop() as shop:
        clear_abandoned(shop.settings.home)
        # A store that cannot be opened is said so before anything is recorded.
        shop.store.probe()
        run = start_run(shop.catalog, recipe.name, name)
        try:
            yield
        except BaseException as error:
            # Threads that are still at work would keep a stopped run from ending.
            shop.stop()
            end_run(shop.catalog, run, _words(error))
            raise
        end_run(shop.catalog, run, "done")


@contextmanager
def _exclusive(home: Path, dataset_dir: Path, name: str) -> Iterator[None]:
    """Hold a dataset on this machine, and on all that share its catalog."""
    with (
        exclusive(home, dataset_dir, name),
        open_workshop() as shop,
        holding.held(shop.catalog, dataset_dir.name),
    ):
        yield


@contextmanager
def held(recipe: Recipe, hold: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Hold what a run needs; a deployed run may wait for it, as the recipe says.

    Raises:
        BusyError: another run holds it, and this one does not wait, or has waited long enough.
    """
    queues = deployment.id is not None and recipe.schedule.when_busy == "queue"
    deadline = time.monotonic() + (BUSY_SECONDS if queues else 0)
    is_said = False
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(hold())
                break
            except BusyError as busy:
                if time.monotonic() >= deadline:
                    raise
                if not is_said:
                    get_run_logger().warning("%s This run waits.", busy)
                    is_said = True
                time.sleep(BUSY_PAUSE_SECONDS)
        yield


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]
