"""What work needs at hand: catalog, stores and clients, opened once and shared by threads."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

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
from menagerie.sources.local import Adopter
from menagerie.sources.opening import Clients, open_source
from menagerie.sources.openverse_api import OpenverseClient


class Workshop:
    """The resources of one home; each is opened when it is first used."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self._stack = stack
        self._lock = threading.RLock()
        self._sources: dict[tuple[str, SourceRecipe], Source] = {}
        self.catalog: Catalog = stack.enter_context(open_catalog(settings))

    @cached_property
    def store(self) -> PhotoStore:
        """The photo store."""
        return PhotoStore(self.settings.photo_store_url)

    @cached_property
    def flickr(self) -> FlickrClient:
        """The Flickr API."""
        return FlickrClient(self.settings)

    @cached_property
    def openverse(self) -> OpenverseClient:
        """The Openverse API."""
        return OpenverseClient(self.settings.openverse_url)

    @cached_property
    def scratch(self) -> Path:
        """The folder for unfinished files of this process."""
        make_folder(self.settings.home)
        return self._stack.enter_context(scratch_folder(self.settings.home))

    @cached_property
    def fetcher(self) -> Fetcher:
        """The pool of connections to the photo hosts, one for all threads of this process."""
        return Fetcher(self.settings.photo_hosts, self.store, self.scratch)

    @cached_property
    def adopter(self) -> Adopter:
        """Whoever copies files of this machine into the photo store."""
        return Adopter(self.store, self.scratch)

    def source(self, recipe: Recipe) -> Source:
        """Return where the photos of a recipe come from; the same one for all threads."""
        with self._lock:
            key = (recipe.name, recipe.source)
            if key not in self._sources:
                clients = Clients(
                    lambda: self.flickr,
                    lambda: self.openverse,
                    lambda: self.fetcher,
                    lambda: self.adopter,
                )
                self._sources[key] = open_source(recipe, self.settings, self.catalog, clients)
            return self._sources[key]

    def stop(self) -> None:
        """Let work in other threads end soon: requests, pauses, children."""
        for name in ("flickr", "openverse", "fetcher", "adopter"):
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
