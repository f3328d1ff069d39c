"""The universe as it is now: photos come, go, turn private, change their licence or opt out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from menagerie.sandbox.newcomers import newcomers
from menagerie.sandbox.records import Listing, Photo, Universe, listing_of


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one photo since the universe was made."""

    removed: bool = False
    private: bool = False
    license: int | None = None
    opted_out: bool = False

    @property
    def hides(self) -> bool:
        """Whether the photo is no longer found."""
        return self.removed or self.private


class World:
    """A universe and the changes to it. `version` counts them, so that caches know."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        # Readers hold no lock: these are replaced, never changed, so that one sees the old
        # state of the world or the new one, and no mixture.
        self._changes: dict[int, Change] = {}
        self._uploads: dict[int, Photo] = {}
        self._keywords_of: dict[int, str] = {}
        self._listings: dict[str, tuple[int, Listing]] = {}
        self._lock = Lock()
        self.version = 0

    @property
    def keywords(self) -> tuple[str, ...]:
        """What can be searched for."""
        return self._universe.keywords

    def counts(self) -> dict[str, int]:
        """Return how many photos each keyword had at the start."""
        return {keyword: self._universe.count(keyword) for keyword in self.keywords}

    def upload(self, keyword: str, count: int, uploaded: int) -> list[str]:
        """Add new photos to a keyword and return their ids."""
        with self._lock:
            serials = range(len(self._uploads), len(self._uploads) + count)
            new = {int(photo.id): photo for photo in newcomers(keyword, serials, uploaded)}
            self._keywords_of = {**self._keywords_of, **dict.fromkeys(new, keyword)}
            self._uploads = {**self._uploads, **new}
            self.version += 1
        return [photo.id for photo in new.values()]

    def change(self, photo_id: str, apply: Callable[[Change], Change]) -> bool:
        """Change a photo; False where there is no such photo."""
        if self.photo(photo_id) is None:
            return False
        with self._lock:
            changes = dict(self._changes)
            changes[int(photo_id)] = apply(changes.get(int(photo_id), Change()))
            if changes[int(photo_id)] == Change():
                del changes[int(photo_id)]
            self._changes = changes
            self.version += 1
        return True

    def photo(self, photo_id: str) -> Photo | None:
        """Return one photo as it is now, or None for an id that nobody has."""
        if not (photo_id.isascii() and photo_id.isdigit() and len(photo_id) < 19):
            return None
        return self.photos([int(photo_id)])[0]

    def photos(self, ids: Sequence[int]) -> list[Photo | None]:
        """Return photos as they are now."""
        changes, uploads = self._changes, self._uploads
        photos = self._universe.photos(ids)
        if uploads:
            photos = [uploads.get(i, photo) for i, photo in zip(ids, photos, strict=True)]
        if not changes:
            return photos
        return [
            photo if photo is None or photo_id not in changes
            else _changed(photo, changes[photo_id])
            for photo_id, photo in zip(ids, photos, strict=True)
        ]  # fmt: skip

    def listing(self, keyword: str) -> Listing:
        """Return the photos of a keyword that are found now."""
        version = self.version
        known_version, listing = self._listings.get(keyword, (-1, None))
        if listing is None or known_version != version:
            listing = self._enumerate(keyword)
            self._listings[keyword] = version, listing
        return listing

    def _enumerate(self, keyword: str) -> Listing:
        listing, changes = self._universe.listing(keyword), self._changes
        new = [photo for i, photo in self._uploads.items() if self._keywords_of[i] == keyword]
        if new:
            listing = listing.merged(listing_of(new))
        if not changes:
            return listing
        relicensed = [
            (i, change.license) for i, change in changes.items() if change.license is not None
        ]
        if relicensed:
            numbers = listing.license.copy()
            for photo_id, number in relicensed:
                numbers[listing.ids == photo_id] = number
            listing = replace(listing, license=numbers)
        hidden = [photo_id for photo_id, change in changes.items() if change.hides]
        return listing.at(~np.isin(listing.ids, hidden)) if hidden else listing


def _changed(photo: Photo, change: Change) -> Photo:
    opt_out = ("no_cv",) if change.opted_out and "no_cv" not in photo.tags else ()
    return replace(
        photo,
        gone=photo.gone or change.removed,
        private=photo.private or change.private,
        license=photo.license if change.license is None else change.license,
        tags=photo.tags + opt_out,
    )
