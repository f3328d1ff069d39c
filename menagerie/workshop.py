"""What work needs at hand: catalog, stores and clients, opened once and shared by threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from menagerie.catalog.budget import CallBudget
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.flickr.client import FlickrClient
from menagerie.folders import make_folder
from menagerie.learning.process import end_children
from menagerie.photos.decoder import Decoder
from menagerie.photos.fetch import Fetcher
from menagerie.photos.scratch import scratch_folder
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore
from menagerie.recipe import Recipe
from menagerie.settings import Settings, load_settings
from menagerie.sources.base import Source
from menagerie.sources.local import Adopter
from menagerie.sources.opening import Clients, open_source
from menagerie.sources.openverse_api import OpenverseClient

Resource = TypeVar("Resource")
Closable = TypeVar("Closable", Fetcher, FlickrClient, OpenverseClient, Decoder)


class Workshop:
    """The resources of one home; each is opened when it is first used."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self.settings = settings
        self._stack = stack
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
        self.catalog: Catalog = stack.enter_context(open_catalog(settings))

    @property
    def store(self) -> PhotoStore:
        """The photo store."""
        return self._once("store", lambda: PhotoStore(self.settings.photo_store_url))

    @property
    def flickr(self) -> FlickrClient:
        """The Flickr API."""
        return self._once("flickr", self._make_flickr)

    def _make_flickr(self) -> FlickrClient:
        key = self.settings.flickr_api_key
        budget = CallBudget(self.catalog, key.get_secret_value()) if key else None
        return self._closed(FlickrClient(self.settings, budget=budget))

    @property
    def fetcher(self) -> Fetcher:
        """The pool of connections to the photo hosts, one for all threads of this process."""
        return self._once("fetcher", self._make_fetcher)

    def _make_fetcher(self) -> Fetcher:
        settings, store = self.settings, self.store
        return self._closed(
            Fetcher(settings.photo_hosts, store, self.scratch, user_agent=settings.user_agent)
        )

    @property
    def openverse(self) -> OpenverseClient:
        """The Openverse API."""
        return self._once("openverse", lambda: self._closed(OpenverseClient(self.settings)))

    @property
    def adopter(self) -> Adopter:
        """Whoever copies files of this machine into the photo store."""
        return self._once("adopter", lambda: Adopter(self.store, self.scratch))

    @property
    def decoder(self) -> Decoder:
        """Whoever decodes stored photos."""
        return self._once("decoder", self._make_decoder)

    def _make_decoder(self) -> Decoder:
        return self._closed(Decoder(self.settings.photo_store_url, self.settings.blocks_root))

    @property
    def scratch(self) -> Path:
        """The folder for unfinished files of this process."""
        return self._once("scratch", self._make_scratch)

    def _make_scratch(self) -> Path:
        make_folder(self.settings.home)
        return self._stack.enter_context(scratch_folder(self.settings.home))

    def _once(self, name: str, make: Callable[[], Resource]) -> Resource:
        """Return a resource, made by the first thread that asks for it."""
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            resource: Resource = self._made[name]
        return resource

    def _closed(self, resource: Closable) -> Closable:
        """Have a resource closed with the workshop."""
        self._stack.callback(resource.close)
        return resource

    def at_end(self, close: Callable[[], None]) -> None:
        """Have something closed before the workshop is."""
        self._stack.callback(close)

    def source(self, recipe: Recipe) -> Source:
        """Return where the photos of a recipe come from; the same one for all threads."""
        clients = Clients(
            lambda: self.flickr, lambda: self.openverse, lambda: self.fetcher, lambda: self.adopter
        )
        return self._once(
            f"source {recipe.name} {recipe.source}",
            lambda: open_source(recipe, self.settings, self.catalog, clients),
        )

    def stop(self) -> None:
        """Let work in other threads end soon: requests, pauses, children."""
        # Only what was opened can be at work.
        for name in self._made.keys() & {"flickr", "openverse", "fetcher", "adopter", "decoder"}:
            self._made[name].stop()
        end_children()

    def tiles(self, spec: str) -> TileStore:
        """Return the tile blocks of one kind."""
        return TileStore(self.settings.blocks_root, spec)


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
