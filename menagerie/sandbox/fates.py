"""What a crawl finds at each place of a drawn keyword: exact shares, scattered evenly."""

from bisect import bisect_right
from enum import IntEnum
from math import gcd
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from menagerie.sandbox.hashing import word
from menagerie.sandbox.records import Integers

BURST_LENGTH = 3


class Kind(IntEnum):
    """What a crawl finds at one place of a keyword."""

    PLAIN = 0
    BURST = 1
    RE_UPLOAD = 2
    NEAR_DUPLICATE = 3
    CROSS_POST = 4
    SHARED_ID = 5
    IRRELEVANT = 6
    GONE = 7
    BROKEN = 8
    BLANK = 9
    DARK = 10
    BRIGHT = 11
    BLURRED = 12
    TINY = 13
    PANORAMA = 14
    VIDEO = 15
    PLACEHOLDER = 16


# BURST is the share of first photos; the two after each of them belong to the burst, too.
_SHARES = {
    Kind.BURST: 0.02,
    Kind.RE_UPLOAD: 0.03,
    Kind.NEAR_DUPLICATE: 0.06,
    Kind.CROSS_POST: 0.005,
    Kind.SHARED_ID: 0.005,
    Kind.IRRELEVANT: 0.08,
    Kind.GONE: 0.015,
    Kind.BROKEN: 0.015,
    Kind.BLANK: 0.01,
    Kind.DARK: 0.01,
    Kind.BRIGHT: 0.01,
    Kind.BLURRED: 0.01,
    Kind.TINY: 0.01,
    Kind.PANORAMA: 0.01,
    Kind.VIDEO: 0.005,
    Kind.PLACEHOLDER: 0.005,
}
_KINDS = (*_SHARES, Kind.PLAIN)
_CODES = np.array(_KINDS, np.int8)
_BOUNDS = np.cumsum(list(_SHARES.values()))
_BOUND_LIST: list[float] = _BOUNDS.tolist()


class Place(NamedTuple):
    """Where a photo stands: the number of its keyword, and its row there."""

    slot: int
    row: int


class Fates:
    """Says of what kind the photo at a place is, for whole columns or for one place."""

    def __init__(self, key: str, size: int, keywords: tuple[str, ...]) -> None:
        self._size = size
        self._stride = _stride(size)
        self._starts = [word(key, "offset", keyword) % size for keyword in keywords]
        self._offsets = np.array(self._starts, np.int64)

    def kinds(self, slots: Integers, indices: Integers) -> npt.NDArray[np.int8]:
        """Return the kinds of a column of places."""
        kinds = self._fates(slots, indices)
        kinds[self.follows(slots, indices) > 0] = Kind.BURST
        return kinds

    def follows(self, slots: Integers, indices: Integers) -> Integers:
        """Return how many photos back the burst began that a photo belongs to, or 0."""
        back = np.zeros(len(indices), np.int64)
        for distance in range(1, BURST_LENGTH):
            earlier = np.maximum(indices - distance, 0)
            begins = (indices >= distance) & (self._fates(slots, earlier) == Kind.BURST)
            back[begins & (back == 0)] = distance
        return back

    def kind_at(self, place: Place) -> Kind:
        """Return what `kinds` says of one place, without the price of a column."""
        return Kind.BURST if self.follows_at(place) else self._fate_at(place)

    def follows_at(self, place: Place) -> int:
        """Return what `follows` says of one place."""
        for distance in range(1, min(BURST_LENGTH - 1, place.row) + 1):
            if self._fate_at(Place(place.slot, place.row - distance)) is Kind.BURST:
                return distance
        return 0

    def _fates(self, slots: Integers, indices: Integers) -> npt.NDArray[np.int8]:
        # An affine map modulo the size is a permutation: every kind gets its share exactly.
        places = (indices * self._stride + self._offsets[slots]) % self._size
        found: npt.NDArray[np.int8] = _CODES[
            np.searchsorted(_BOUNDS, places / self._size, side="right")
        ]
        return found

    def _fate_at(self, place: Place) -> Kind:
        permuted = (place.row * self._stride + self._starts[place.slot]) % self._size
        return _KINDS[bisect_right(_BOUND_LIST, permuted / self._size)]


def _stride(size: int) -> int:
    """Return a step that visits all of `size` places and scatters neighbours.

    One step and two steps on from a burst's first photo lie plain photos, so that the rest of
    a burst takes the place of nothing rarer.
    """
    stride = max(1, round(size * 0.381966))
    while gcd(stride, size) != 1:
        stride += 1
    return stride
