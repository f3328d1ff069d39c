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
    # What the first and the last in the order of texts share, all between them share.
    low, high = min(texts, default=""), max(texts, default="")
    same = (n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return low[: next(same, len(low))]


def unpack(text: str) -> tuple[Rendition, ...]:
    """Read what `pack` wrote."""
    start, *rows = orjson.loads(text)
    return tuple(Rendition(name, start + rest, width, height) for name, rest, width, height in rows)
