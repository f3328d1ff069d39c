"""What a photo's hash would be if it were cropped or mirrored, told from its thumbnail alone.

A crop, a border or a mirror image changes more bits of a pHash than can be searched. But the
32 x 32 luma that a pHash is made of is recorded, and cutting a window out of it, mirroring it and
taking its DCT are all linear: the hashes of many variants cost two matrix products.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from menagerie.photos.fingerprint import THUMB_PX

Floats = NDArray[np.float64]

HASH_EDGE = 8
_MARGIN = 0.08
_PLACES = (0.15, 0.5, 0.85)
# In the middle two do more than one between them: borders stand on all four edges and so cut
# twice as much, and of photos that are not square more of one edge than of the other.
_MIDDLE = (0.90, 0.94)
# Operators are whole numbers of this fraction: all sums then stay exact in 53 bits, so that a
# photo's hashes depend neither on what it is computed with nor on the machine.
_UNIT = 2.0**-10


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in shares of its edges, and whether it is then mirrored."""

    top: float = 0.0
    left: float = 0.0
    edge: float = 1.0
    mirrored: bool = False


WHOLE = Window()
WINDOWS = (
    Window(mirrored=True),
    *(
        Window(_MARGIN * row, _MARGIN * column, 1.0 - _MARGIN)
        for row in _PLACES
        for column in _PLACES
        if (row, column) != (0.5, 0.5)
    ),
    *(Window((1.0 - edge) / 2, (1.0 - edge) / 2, edge) for edge in _MIDDLE),
)
"""The variants that are searched. Crops and borders of up to a tenth come near one of them."""


def centres(start: Floats, edge: Floats) -> Floats:
    """Return where the pixels of windows lie on a thumbnail's edge, in its pixels: (n, THUMB_PX).

    `start` and `edge` are in shares of the edge, float64 (n,).
    """
    steps = (np.arange(THUMB_PX) + 0.5) / THUMB_PX
    return (start[:, None] + steps * edge[:, None]) * THUMB_PX - 0.5


def resampling(places: Floats) -> Floats:
    """Return matrices that interpolate linearly at places: (n, THUMB_PX, THUMB_PX)."""
    inside = np.clip(places, 0, THUMB_PX - 1)
    weights: Floats = np.maximum(0.0, 1.0 - np.abs(inside[:, :, None] - np.arange(THUMB_PX)))
    return weights


def variant_hashes(
    thumbs: NDArray[np.uint8], windows: tuple[Window, ...] = WINDOWS
) -> NDArray[np.uint64]:
    """Return the pHash of each window of grey thumbnails, uint8 (n, 32, 32): (windows, n)."""
    rows, columns, blocks = _operators(windows)
    grey = thumbs.astype(np.float64)
    waves = rows @ (grey @ columns.T)
    found = np.empty((len(windows), len(thumbs)), dtype=np.uint64)
    for number, (row, column) in enumerate(blocks):
        block = waves[:, row : row + HASH_EDGE, column : column + HASH_EDGE]
        found[number] = _bits(block.reshape(len(thumbs), HASH_EDGE * HASH_EDGE))
    return found


def _bits(waves: Floats) -> NDArray[np.uint64]:
    """Set the bits of waves above their median, as imagehash does."""
    ordered = np.sort(waves, axis=1)
    middle = waves.shape[1] // 2
    above = 2 * waves > ordered[:, middle - 1 : middle] + ordered[:, middle : middle + 1]
    return np.packbits(above, axis=1).view(">u8").ravel().astype(np.uint64)


@cache
def _operators(windows: tuple[Window, ...]) -> tuple[Floats, Floats, list[tuple[int, int]]]:
    """Return operators for rows and columns, and where in their product each window's waves are."""
    downs = list(dict.fromkeys((w.top, w.edge, False) for w in windows))
    acrosses = list(dict.fromkeys((w.left, w.edge, w.mirrored) for w in windows))
    places = [
        (
            HASH_EDGE * downs.index((w.top, w.edge, False)),
            HASH_EDGE * acrosses.index((w.left, w.edge, w.mirrored)),
        )
        for w in windows
    ]
    rows, columns = ([_waves(*each) for each in edges] for edges in (downs, acrosses))
    return np.concatenate(rows), np.concatenate(columns), places


def _waves(start: float, edge: float, mirrored: bool) -> Floats:
    """Return the operator (8, 32) from a thumbnail's edge to the waves (DCT-II) of a window."""
    step, wave = np.arange(THUMB_PX), np.arange(HASH_EDGE)
    cosines = np.cos(np.pi * wave[:, None] * (2 * step + 1) / (2 * THUMB_PX))
    if mirrored:
        cosines[1::2] *= -1
    window = resampling(centres(np.array([start]), np.array([edge])))[0]
    operator: Floats = np.rint(cosines @ window / _UNIT)
    return operator
