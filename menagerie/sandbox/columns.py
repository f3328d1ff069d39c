"""Drawn photos as columns of numbers: which id stands at which place, and when it came there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from menagerie.sandbox.fates import Fates, Kind, Place
from menagerie.sandbox.hashing import Words, mix, salted, units, word
from menagerie.sandbox.records import Integers, Listing
from menagerie.sandbox.traits import licenses, taken_dates
from menagerie.sandbox.uploads import crowded_dates, even_dates

KEYWORDS = ("monkey", "boar", "crow")

LARGE = 100_000
"""From so many photos a keyword on, a universe is drawn for speed, and has what is rarer."""
UNKNOWN_LICENSE = 17
"""A licence that Flickr does not explain."""

_FIRST_ID = 2_000_000_000
_ID_SPAN = 52_000_000_000
_SLOTS = 4  # a power of two with room for every keyword
_UNKNOWN = 0.001


@dataclass(frozen=True, slots=True)
class Columns:
    """Facts about some photos."""

    ids: Integers
    uploaded: Integers
    taken: Integers
    license: npt.NDArray[np.int16]
    kind: npt.NDArray[np.int8]

    def at(self, rows: Integers) -> "Columns":
        """Return some of the rows."""
        return Columns(
            self.ids[rows],
            self.uploaded[rows],
            self.taken[rows],
            self.license[rows],
            self.kind[rows],
        )


class Table:
    """The columns of a drawn universe, computed for the rows that are asked for."""

    def __init__(self, key: str, size: int, fates: Fates) -> None:
        self._key = key
        self._size = size
        self._step = _ID_SPAN // size
        self._fates = fates
        self._dates = crowded_dates if size >= LARGE else even_dates

    def place(self, photo_id: int) -> Place:
        """Return where a photo stands."""
        index, rest = divmod(photo_id - _FIRST_ID, self._step)
        return Place(rest % _SLOTS, index)

    def at_ids(self, ids: Integers) -> Columns:
        """Return the rows at which `ids` would stand; where nobody has an id, another stands."""
        offsets = np.clip(ids - _FIRST_ID, -1, _ID_SPAN)
        indices = np.clip(offsets // self._step, 0, self._size - 1)
        # The id says its keyword in its last bits, relative to the place of the index.
        slots = (offsets - indices * self._step) % _SLOTS % len(KEYWORDS)
        return self._columns(slots, indices)

    def listing(self, slot: int) -> Listing:
        """Return all photos of a keyword."""
        indices = np.arange(self._size, dtype=np.int64)
        slots = np.full(self._size, slot, np.int64)
        # A few photos carry two keywords: the next keyword's photo of the same index, whose
        # upload falls into the same slice of time.
        shared = self._fates.kinds(slots, indices) == Kind.SHARED_ID
        slots[shared] = (slot + 1) % len(KEYWORDS)
        columns = self._columns(slots, indices)
        order = np.argsort(columns.uploaded, kind="stable")
        return Listing(
            columns.ids[order],
            columns.uploaded[order],
            columns.taken[order],
            columns.license[order],
            columns.kind[order] == Kind.VIDEO,
        )

    def _columns(self, slots: Integers, indices: Integers) -> Columns:
        words = self._words(slots, indices)
        first = indices - self._fates.follows(slots, indices)
        moment = units(mix(self._words(slots, first)))
        uploaded = self._dates((first + moment) / self._size) + (indices - first) * 7
        scatter = (words % np.uint64(self._step // _SLOTS)).astype(np.int64)
        return Columns(
            _FIRST_ID + indices * self._step + scatter * _SLOTS + slots,
            uploaded,
            taken_dates(words, uploaded),
            self._licenses(words),
            self._fates.kinds(slots, indices),
        )

    def _licenses(self, words: Words) -> npt.NDArray[np.int16]:
        numbers = licenses(words)
        if self._size >= LARGE:
            numbers[units(salted(words, "unknown license")) < _UNKNOWN] = UNKNOWN_LICENSE
        return numbers

    def _words(self, slots: Integers, indices: Integers) -> Words:
        base = np.uint64(word(self._key))
        return mix(mix(slots.astype(np.uint64) ^ base) + indices.astype(np.uint64))
