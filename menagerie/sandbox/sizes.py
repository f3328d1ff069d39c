"""Flickr's sizes: the name in `extras` is not the suffix in the URL."""

from dataclasses import dataclass
from functools import lru_cache

Dimensions = tuple[int, int]
"""Width and height in pixels."""

LARGE_SIZES_SINCE = 1_330_560_000
"""2012-03-01: uploads before it have no 800 px and no 1024 px rendition."""


@dataclass(frozen=True, slots=True)
class Size:
    """One rendition that Flickr makes.

    `extra` is the name in `extras=url_…`, `suffix` the end of the file name, `edge_px` the
    longest edge. The largest sizes have a secret of their own, like the original.
    """

    extra: str
    suffix: str
    edge_px: int
    label: str
    page: str
    square: bool = False
    own_secret: bool = False
    since: int = 0


SIZES: tuple[Size, ...] = (
    Size("sq", "_s", 75, "Square", "sq", square=True),
    Size("q", "_q", 150, "Large Square", "q", square=True),
    Size("t", "_t", 100, "Thumbnail", "t"),
    Size("s", "_m", 240, "Small", "s"),
    Size("n", "_n", 320, "Small 320", "n"),
    Size("w", "_w", 400, "Small 400", "w"),
    Size("m", "", 500, "Medium", "m"),
    Size("z", "_z", 640, "Medium 640", "z"),
    Size("c", "_c", 800, "Medium 800", "c", since=LARGE_SIZES_SINCE),
    Size("l", "_b", 1024, "Large", "l", since=LARGE_SIZES_SINCE),
    Size("h", "_h", 1600, "Large 1600", "h", own_secret=True, since=LARGE_SIZES_SINCE),
    Size("k", "_k", 2048, "Large 2048", "k", own_secret=True, since=LARGE_SIZES_SINCE),
    Size("3k", "_3k", 3072, "X-Large 3K", "3k", own_secret=True, since=LARGE_SIZES_SINCE),
)

BY_SUFFIX = {size.suffix: size for size in SIZES}


@lru_cache(maxsize=8_192)
def renditions(source: Dimensions, has_large: bool) -> tuple[tuple[Size, Dimensions], ...]:
    """Return all renditions of a picture; photos of one shape have the same ones."""
    uploaded = LARGE_SIZES_SINCE if has_large else 0
    sizes = ((size, rendered(size, source, uploaded)) for size in SIZES)
    return tuple((size, dimensions) for size, dimensions in sizes if dimensions)


def rendered(size: Size, source: Dimensions, uploaded: int) -> Dimensions | None:
    """Return the dimensions of a rendition, or None where Flickr would have to enlarge."""
    if uploaded < size.since:
        return None
    if size.square:
        return (size.edge_px, size.edge_px) if min(source) >= size.edge_px else None
    longest = max(source)
    if longest < size.edge_px:
        return None
    width, height = (max(1, round(edge * size.edge_px / longest)) for edge in source)
    return width, height
