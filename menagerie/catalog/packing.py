"""Renditions as the catalog keeps them: a million photos have fourteen addresses each."""

from collections.abc import Sequence

import orjson

from menagerie.photos.row import Rendition


def pack(renditions: Sequence[Rendition]) -> str:
    """Write renditions as `[what their addresses begin with, [name, rest, width, height], ...]`."""
    start = _common_start([rendition.url for rendition in renditions])
    rows = [[r.name, r.url[len(start) :], r.width, r.height] for r in renditions]
    return orjson.dumps([start, *rows]).decode()


def _common_start(texts: Sequence[str]) -> str:
    # What the first and the last in the order of texts share, all between them share; halving
    # finds its end in a few comparisons of whole strings.
    low, high = min(texts, default=""), max(texts, default="")
    shared, end = 0, min(len(low), len(high))
    while shared < end:
        middle = (shared + end + 1) // 2
        if low[:middle] == high[:middle]:
            shared = middle
        else:
            end = middle - 1
    return low[:shared]


def unpack(text: str) -> tuple[Rendition, ...]:
    """Read what `pack` wrote."""
    start, *rows = orjson.loads(text)
    return tuple(Rendition(name, start + rest, width, height) for name, rest, width, height in rows)
