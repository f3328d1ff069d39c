"""What a universe of photos is: which photos there are, who owns them, what they show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from menagerie.sandbox.hashing import Draws
from menagerie.sandbox.sizes import Dimensions

Integers = npt.NDArray[np.int64]


class Picture(Protocol):
    """The pixels of a photo. Pictures with one `key` have the same bytes in every rendition."""

    @property
    def key(self) -> str:
        """Name under which renditions are cached."""

    @property
    def dimensions(self) -> Dimensions:
        """Width and height of the upright picture."""

    @property
    def original_dimensions(self) -> Dimensions:
        """Width and height as the file itself says, without regard to its orientation."""

    def image(self) -> Image.Image | None:
        """Return the upright picture in RGB, or None where the file is no picture."""

    def source(self) -> bytes:
        """Return the bytes of the original file."""


# Owners and photos are not frozen: that costs a page of 500 rows a millisecond. Nobody changes
# them all the same.
@dataclass(slots=True)
class Owner:
    """Who uploaded a photo. `real_name` and `path_alias` are None where the owner gave none."""

    nsid: str
    name: str
    real_name: str | None
    path_alias: str | None


@dataclass(slots=True)
class Photo:
    """One photo with everything that Flickr tells about it.

    A `gone` photo stands in search results although its file is deleted; a `private` one
    does not. `original_offered` says whether the owner lets others have the original, and
    `oddities` which of Flickr's ways of writing a number or nothing its row shows.
    """

    id: str
    owner: Owner
    title: str
    license: int
    uploaded: int
    taken: int
    taken_unknown: bool
    tags: tuple[str, ...]
    views: int
    server: str
    farm: int
    secret: str
    original_secret: str
    original_format: str
    original_offered: bool
    video: bool
    gone: bool
    private: bool
    picture: Picture
    oddities: Draws = field(compare=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """The photos that carry one keyword, as columns in the order of their upload."""

    ids: Integers
    uploaded: Integers
    taken: Integers
    license: npt.NDArray[np.int16]
    video: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def merged(self, other: "Listing") -> "Listing":
        """Return the photos of both listings; those of `other` must not stand in this one."""
        places = np.searchsorted(self.uploaded, other.uploaded, side="right")
        return Listing(
            np.insert(self.ids, places, other.ids),
            np.insert(self.uploaded, places, other.uploaded),
            np.insert(self.taken, places, other.taken),
            np.insert(self.license, places, other.license),
            np.insert(self.video, places, other.video),
        )

    def at(self, rows: slice | npt.NDArray[np.bool_] | Integers) -> "Listing":
        """Return some of the rows."""
        return Listing(
            self.ids[rows],
            self.uploaded[rows],
            self.taken[rows],
            self.license[rows],
            self.video[rows],
        )


def listing_of(found: Sequence[Photo]) -> Listing:
    """Return the columns of photos, without private ones."""
    public = [photo for photo in found if not photo.private]
    listing = Listing(
        np.array([int(photo.id) for photo in public], np.int64),
        np.array([photo.uploaded for photo in public], np.int64),
        np.array([photo.taken for photo in public], np.int64),
        np.array([photo.license for photo in public], np.int16),
        np.array([photo.video for photo in public], np.bool_),
    )
    return listing.at(np.lexsort((listing.ids, listing.uploaded)))


EMPTY = Listing(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int16),
    np.empty(0, np.bool_),
)


def union(listings: Sequence[Listing]) -> Listing:
    """Return every photo that stands in one of the listings, once."""
    ids = np.concatenate([listing.ids for listing in listings])
    _, first = np.unique(ids, return_index=True)
    merged = Listing(
        ids,
        np.concatenate([listing.uploaded for listing in listings]),
        np.concatenate([listing.taken for listing in listings]),
        np.concatenate([listing.license for listing in listings]),
        np.concatenate([listing.video for listing in listings]),
    ).at(first)
    return merged.at(np.lexsort((merged.ids, merged.uploaded)))


class Universe(Protocol):
    """All photos there are. Photo ids are decimal numbers; `count` may include hidden ones."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """What can be searched for."""

    def count(self, keyword: str) -> int:
        """Return how many photos a keyword has, without enumerating them."""

    def listing(self, keyword: str) -> Listing:
        """Return the public photos of a keyword."""

    def photos(self, ids: Sequence[int]) -> list[Photo | None]:
        """Return the photos of `ids`, None for an id that nobody has."""
