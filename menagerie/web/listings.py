"""The listings of all datasets, read when they are first looked at and when a stage has ended."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyarrow import ArrowException
from werkzeug.exceptions import HTTPException

from menagerie.catalog.database import Catalog
from menagerie.catalog.looking import keys_of_ids, stamp_of
from menagerie.catalog.photos import dataset_source
from menagerie.errors import MenagerieError, ReleaseError
from menagerie.history import choose
from menagerie.recipe import Recipe
from menagerie.release.tables import MANIFEST, read_photo_ids
from menagerie.review.listing import Listing, open_listing
from menagerie.workshop import Workshop


class Listings:
    """Keeps one listing for each dataset; threads may share it."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._known: dict[str, tuple[Any, Listing]] = {}
        self._released: dict[tuple[str, str], NDArray[np.int64]] = {}

    @property
    def _catalog(self) -> Catalog:
        return self._shop.catalog

    def of(self, recipe: Recipe) -> Listing:
        """Return the listing of a dataset as it stands now."""
        # Thresholds count when photos are judged next, which ends a stage.
        asked = recipe.classes, recipe.curation.doubtful_share
        stamp = stamp_of(self._catalog, recipe.name), asked
        with self._lock_of(recipe.name):
            known = self._known.get(recipe.name)
            if known is None or known[0] != stamp:
                known = stamp, open_listing(self._catalog, recipe)
                self._known[recipe.name] = known
        listing = known[1]
        listing.hear(self._catalog)
        return listing

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())

    @contextmanager
    def warmed(self, names: Iterable[str], read: Callable[[str], Recipe]) -> Iterator[None]:
        """Read listings in the background while the block runs, before anybody asks for them."""
        ended = threading.Event()

        def warm() -> None:
            for name in names:
                if ended.is_set():
                    return
                # Whoever asks for it is told.
                with suppress(MenagerieError, HTTPException):
                    self.of(read(name))

        thread = threading.Thread(target=warm, name="listings")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            # The catalog closes next, which nobody may read by then.
            thread.join()

    def released(self, recipe: Recipe, release: str) -> NDArray[np.int64] | None:
        """Return the keys of the photos that stand in a release; None if none is named.

        Raises:
            CallError: there is no such release.
        """
        if not release:
            return None
        folder = choose(self._shop.settings.dataset_dir(recipe.name), release)
        place = recipe.name, folder.name
        if place not in self._released:
            ids = sorted(_photo_ids(recipe.name, folder / MANIFEST))
            source = dataset_source(self._catalog, recipe.name)
            keys = sorted(keys_of_ids(self._catalog, source, ids))
            # A release never changes; the last one that was asked for is enough.
            self._released = {place: np.array(keys, np.int64)}
        return self._released[place]


def _photo_ids(dataset: str, manifest: Path) -> set[str]:
    try:
        return read_photo_ids(manifest)
    except (ArrowException, OSError) as error:
        raise ReleaseError(
            f"The manifest of that release cannot be read: {error}. `menagerie verify {dataset}`"
            " tells what else is damaged."
        ) from None
