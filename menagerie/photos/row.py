"""A photo as a source describes it, before anything of it is fetched."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Rendition:
    """One file of a photo; `name` is the end of Flickr's `url_*` key. Sizes in pixels."""

    name: str
    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photo of a search.

    `uploaded_at` is in unix seconds; `license` a readable id; `given_side` the side of the split
    that the source itself puts the photo on, where it does.
    """

    photo_id: str
    owner: str
    owner_name: str
    title: str
    license: str
    tags: str
    media: str
    uploaded_at: int
    taken_at: str
    page_url: str
    renditions: tuple[Rendition, ...]
    given_side: Side | None = None

    @property
    def fetchable(self) -> bool:
        """Whether the source names any file of it."""
        return bool(self.renditions)
