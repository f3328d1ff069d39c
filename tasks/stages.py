"""A stage at work: the dataset is held, the workshop open, the run noted in the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager

from menagerie.catalog.holding import held
from menagerie.catalog.releases import end_run, start_run
from menagerie.locking import exclusive
from menagerie.photos.scratch import clear_abandoned
from menagerie.recipe import Recipe
from menagerie.settings import load_settings
from menagerie.workshop import open_workshop


@contextmanager
def stage(recipe: Recipe, name: str) -> Iterator[None]:
    """Hold a dataset for a stage and note how it ended."""
    settings = load_settings()
    folder = settings.dataset_dir(recipe.name)
    with (
        exclusive(settings.home, folder, name),
        open_workshop() as shop,
        held(shop.catalog, recipe.name),
    ):
        clear_abandoned(settings.home)
        # A store that cannot be opened is said so before anything is recorded.
        shop.store.probe()
        run = start_run(shop.catalog, recipe.name, name)
        try:
            yield
        except BaseException as error:
            # Threads that are still at work would keep a stopped run from ending.
            shop.stop()
            end_run(shop.catalog, run, f"{type(error).__name__}: {error}"[:500])
            raise
        end_run(shop.catalog, run, "done")
