"""What work needs at hand: catalog, stores and clients, opened once and shared by threads."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property

from menagerie.catalog.budget import CallBudget
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.flickr.client import FlickrClient
from menagerie.folders import make_folder
from menagerie.learning.process import end_children
from menagerie.photos.fetch import Fetcher, scratch_folder
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore
from menagerie.recipe import Recipe
from menagerie.recipe import Source as SourceRecipe
from menagerie.settings import Settings, load_settings
from menagerie.sources.base import Source
from menagerie.sources.opening import open_source


class Workshop:
    """The resources of one home; each is opened when it is first used."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self._stack = stack
        self._lock = threading.RLock()
        self._sources: dict[SourceRecipe, Source] = {}
        self.catalog: Catalog = stack.enter_context(open_catalog(settings))

    @cached_property
    def store(self) -> PhotoStore:
        """The photo store."""
        return PhotoStore(self.settings.photo_store_url)

    @cached_property
    def flickr(self) -> FlickrClient:
        """The Flickr API."""
        key = self.settings.flickr_api_key
        budget = CallBudget(self.catalog, key.get_secret_value()) if key else None
        return FlickrClient(self.settings, budget=budget)

    @cached_property
    def fetcher(self) -> Fetcher:
        """The pool of connections to the photo hosts, one for all threads of this process."""
        make_folder(self.settings.home)
        scratch = self._stack.enter_context(scratch_folder(self.settings.home))
        return Fetcher(self.settings.photo_hosts, self.store, scratch)

    def source(self, recipe: Recipe) -> Source:
        """Return where the photos of a recipe come from; the same one for all threads."""
        with self._lock:
            if recipe.source not in self._sources:
                self._sources[recipe.source] = open_source(
                    recipe,
                    self.settings,
                    self.catalog,
                    lambda: self.flickr,
                    lambda: self.fetcher,
                )
        return self._sources[recipe.source]

    def stop(self) -> None:
        """Let work in other threads end soon: requests, pauses, children."""
        for name in ("flickr", "fetcher"):
            # Only what was opened can be at work.
            if name in self.__dict__:
                getattr(self, name).stop()
        end_children()

    def tiles(self, spec: str) -> TileStore:
        """Return the tile blocks of one kind."""
        return TileStore(self.settings.home, spec)


_lock = threading.RLock()
_open: dict[Settings, tuple[Workshop, ExitStack, int]] = {}


@contextmanager
def open_workshop() -> Iterator[Workshop]:
    """Open the workshop of the settings in force, or share it when this process has it open."""
    settings = load_settings()
    with _lock:
        if settings in _open:
            workshop, stack, users = _open[settings]
        else:
            stack, users = ExitStack(), 0
            workshop = Workshop(settings, stack)
        _open[settings] = (workshop, stack, users + 1)
    try:
        yield workshop
    finally:
        with _lock:
            workshop, stack, users = _open.pop(settings)
            if users > 1:
                _open[settings] = (workshop, stack, users - 1)
            else:
                stack.close()
