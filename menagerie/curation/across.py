"""Pairs of pictures, one from each of two sets, that show the same: told from the pictures alone.

What `menagerie.curation.grouping` does within a set of photos by what the catalog has recorded,
this does between two sets by their pixels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.likeness import Thumbs, same_picture
from menagerie.curation.pairs import Hashes, Indexes, Pairs, pairs_between
from menagerie.curation.variants import WHOLE, WINDOWS, Window, variant_hashes

ReadPlaces = Callable[[Indexes], Thumbs]
"""Reads the grey thumbnails at some places of a set, in that order: uint8 (n, 32, 32)."""

_HASHED_AT_ONCE = 1_000
_COMPARED_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Pictures:
    """A set of pictures: `hashes` are uint64 (windows, n), that of the whole picture first."""

    thumbs: ReadPlaces
    hashes: NDArray[np.uint64]

    @classmethod
    def read(cls, size: int, thumbs: ReadPlaces) -> "Pictures":
        """Take the hashes of `size` pictures, a lot at a time."""
        hashes = np.empty((1 + len(WINDOWS), size), dtype=np.uint64)
        for start in range(0, size, _HASHED_AT_ONCE):
            places = np.arange(start, min(start + _HASHED_AT_ONCE, size))
            hashes[:, places] = variant_hashes(thumbs(places), (WHOLE, *WINDOWS))
        return cls(thumbs, hashes)

    @property
    def whole(self) -> Hashes:
        """The pHashes of the whole pictures, uint64 (n,)."""
        whole: Hashes = self.hashes[0]
        return whole


def pairs_across(left: Pictures, right: Pictures, radius: int, known: Pairs) -> Pairs:
    """Find the pairs of a picture of `left` and one of `right` that show the same.

    Whole pictures are compared with whole ones, and with windows and mirror images of the other
    side's; `known` are pairs that somebody else holds for candidates. Returns int64 (m, 2),
    places in `left` and `right`, sorted. No more than a lot of thumbnails is held.
    """
    found: set[tuple[int, int]] = set()
    candidates = pairs_between(left.whole, right.whole, radius)
    for pairs in (known, candidates):
        found.update(_confirmed(left, right, pairs, WHOLE))
    for number, window in enumerate(WINDOWS, 1):
        candidates = pairs_between(left.whole, right.hashes[number], radius)
        found.update(_confirmed(left, right, candidates, window))
        candidates = pairs_between(right.whole, left.hashes[number], radius)
        found.update((one, two) for two, one in _confirmed(right, left, candidates, window))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _confirmed(
    whole: Pictures, cut: Pictures, pairs: Pairs, window: Window
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of which the first shows about a window of the second."""
    for start in range(0, len(pairs), _COMPARED_AT_ONCE):
        lot = pairs[start : start + _COMPARED_AT_ONCE]
        shows = same_picture(whole.thumbs(lot[:, 0]), cut.thumbs(lot[:, 1]), window)
        yield from map(tuple, lot[shows].tolist())
