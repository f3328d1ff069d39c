"""A universe of drawn animals, of any size: nothing is drawn or enumerated before it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import gcd
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from menagerie.errors import CallError
from menagerie.sandbox.hashing import Draws, Words, mix, units, word
from menagerie.sandbox.pictures.drawn import DrawnPicture, Look
from menagerie.sandbox.records import Integers, Listing, Photo
from menagerie.sandbox.traits import (
    FIRST_UPLOAD,
    LAST_UPLOAD,
    invent_owner,
    invent_photo,
    licenses,
    owner_rank,
    pool_size,
    taken_dates,
)

KEYWORDS = ("monkey", "boar", "crow")

_FIRST_ID = 2_000_000_000
_ID_SPAN = 52_000_000_000
_SLOTS = 4  # a power of two with room for every keyword
_BURST_LENGTH = 3
_LARGEST = 100_000_000


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
_KINDS = np.array([*_SHARES, Kind.PLAIN], np.int8)
_BOUNDS = np.cumsum(list(_SHARES.values()))

_LOOKS = {
    Kind.NEAR_DUPLICATE: Look.RETOUCHED,
    Kind.IRRELEVANT: Look.IRRELEVANT,
    Kind.BROKEN: Look.BROKEN,
    Kind.BLANK: Look.BLANK,
    Kind.DARK: Look.DARK,
    Kind.BRIGHT: Look.BRIGHT,
    Kind.BLURRED: Look.BLURRED,
    Kind.TINY: Look.TINY,
    Kind.PANORAMA: Look.PANORAMA,
    Kind.PLACEHOLDER: Look.PLACEHOLDER,
}


class Place(NamedTuple):
    """Where a photo stands: the number of its keyword, and its row there."""

    slot: int
    row: int


@dataclass(frozen=True, slots=True)
class _Columns:
    ids: Integers
    uploaded: Integers
    taken: Integers
    license: npt.NDArray[np.int16]
    kind: npt.NDArray[np.int8]


class DrawnUniverse:
    """`size` photos for each keyword, all of them functions of the seed and their index."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._key = f"drawn/{seed}/{size}"
        self._step = _ID_SPAN // size
        self._pool = pool_size(size * len(KEYWORDS))
        self._stride = _stride(size)
        self._offsets = np.array(
            [word(self._key, "offset", keyword) % size for keyword in KEYWORDS], np.int64
        )
        self._listings: dict[str, Listing] = {}
        self._lock = Lock()

    @property
    def keywords(self) -> tuple[str, ...]:
        """The three animals."""
        return KEYWORDS

    def count(self, keyword: str) -> int:
        """Return how many photos a keyword has."""
        return self._size if keyword in KEYWORDS else 0

    def listing(self, keyword: str) -> Listing:
        """Return the photos of a keyword; computed when it is first asked for."""
        with self._lock:
            if keyword not in self._listings:
                self._listings[keyword] = self._enumerate(KEYWORDS.index(keyword))
            return self._listings[keyword]

    def photos(self, ids: Sequence[int]) -> list[Photo | None]:
        """Return the photos of `ids`, None for an id that nobody has."""
        if not ids:
            return []
        offsets = np.clip(np.array(ids, np.int64) - _FIRST_ID, -1, _ID_SPAN)
        indices = np.clip(offsets // self._step, 0, self._size - 1)
        # The id says its keyword in its last bits, relative to the place of the index.
        slots = (offsets - indices * self._step) % _SLOTS % len(KEYWORDS)
        columns = self._columns(slots, indices)
        return [
            self._photo(columns, row) if columns.ids[row] == photo_id else None
            for row, photo_id in enumerate(ids)
        ]

    def _enumerate(self, slot: int) -> Listing:
        indices = np.arange(self._size, dtype=np.int64)
        slots = np.full(self._size, slot, np.int64)
        # A few photos carry two keywords: the next keyword's photo of the same index, whose
        # upload falls into the same slice of time.
        shared = self._kinds(slots, indices) == Kind.SHARED_ID
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

    def _columns(self, slots: Integers, indices: Integers) -> _Columns:
        words = self._words(slots, indices)
        first = indices - self._follows(slots, indices)
        seconds_apart = (LAST_UPLOAD - FIRST_UPLOAD) / self._size
        moment = units(mix(self._words(slots, first)))
        uploaded = FIRST_UPLOAD + ((first + moment) * seconds_apart).astype(np.int64)
        uploaded += (indices - first) * 7
        scatter = (words % np.uint64(self._step // _SLOTS)).astype(np.int64)
        return _Columns(
            _FIRST_ID + indices * self._step + scatter * _SLOTS + slots,
            uploaded,
            taken_dates(words, uploaded),
            licenses(words),
            self._kinds(slots, indices),
        )

    def _words(self, slots: Integers, indices: Integers) -> Words:
        base = np.uint64(word(self._key))
        return mix(mix(slots.astype(np.uint64) ^ base) + indices.astype(np.uint64))

    def _fates(self, slots: Integers, indices: Integers) -> npt.NDArray[np.int8]:
        # An affine map modulo the size is a permutation: every kind gets its share exactly.
        places = (indices * self._stride + self._offsets[slots]) % self._size
        found: npt.NDArray[np.int8] = _KINDS[
            np.searchsorted(_BOUNDS, places / self._size, side="right")
        ]
        return found

    def _follows(self, slots: Integers, indices: Integers) -> Integers:
        """Return how many photos back the burst began that a photo belongs to, or 0."""
        back = np.zeros(len(indices), np.int64)
        for distance in range(1, _BURST_LENGTH):
            earlier = np.maximum(indices - distance, 0)
            begins = (indices >= distance) & (self._fates(slots, earlier) == Kind.BURST)
            back[begins & (back == 0)] = distance
        return back

    def _kinds(self, slots: Integers, indices: Integers) -> npt.NDArray[np.int8]:
        kinds = self._fates(slots, indices)
        kinds[self._follows(slots, indices) > 0] = Kind.BURST
        return kinds

    def _kind(self, place: Place) -> Kind:
        return Kind(int(self._kinds(np.array([place.slot]), np.array([place.row]))[0]))

    def _burst_start(self, place: Place) -> Place:
        back = int(self._follows(np.array([place.slot]), np.array([place.row]))[0])
        return Place(place.slot, place.row - back)

    def _photo(self, columns: _Columns, row: int) -> Photo:
        photo_id = int(columns.ids[row])
        index, rest = divmod(photo_id - _FIRST_ID, self._step)
        place = Place(rest % _SLOTS, index)
        kind = Kind(int(columns.kind[row]))
        return invent_photo(
            photo_id,
            KEYWORDS[place.slot],
            invent_owner(self._key, self._owner_rank(place, kind)),
            self._picture(place, kind),
            uploaded=int(columns.uploaded[row]),
            taken=int(columns.taken[row]),
            license_number=int(columns.license[row]),
            video=kind is Kind.VIDEO,
            gone=kind is Kind.GONE,
        )

    def _draws(self, place: Place) -> Draws:
        return Draws(f"{self._key}/{place.slot}/{place.row}")

    def _model(self, place: Place, kind: Kind) -> Place:
        """Return the plain photo that a copy was made of."""
        draws = self._draws(place)
        crossed = kind is Kind.CROSS_POST
        slot = (place.slot + 1 + draws.below("cross", 2)) % len(KEYWORDS) if crossed else place.slot
        for attempt in range(32):
            model = Place(slot, draws.below(f"copy of {attempt}", self._size))
            if self._kind(model) is Kind.PLAIN:
                break
        return model

    def _owner_rank(self, place: Place, kind: Kind) -> int:
        draws = self._draws(place)
        if kind is Kind.BURST:
            return owner_rank(self._draws(self._burst_start(place)), self._pool)
        own_copy = {Kind.RE_UPLOAD: 0.6, Kind.NEAR_DUPLICATE: 0.8}.get(kind, 0.0)
        if draws.unit("own copy") < own_copy:
            return owner_rank(self._draws(self._model(place, kind)), self._pool)
        return owner_rank(draws, self._pool)

    def _picture(self, place: Place, kind: Kind) -> DrawnPicture:
        scene, moved = place, 0
        if kind in (Kind.RE_UPLOAD, Kind.NEAR_DUPLICATE, Kind.CROSS_POST):
            scene = self._model(place, kind)
        elif kind is Kind.BURST:
            scene = self._burst_start(place)
            moved = place.row - scene.row
        look = _LOOKS.get(kind, Look.PLAIN)
        return DrawnPicture(
            KEYWORDS[scene.slot],
            self._draws(scene).key,
            look,
            moved,
            # Every retouched copy is retouched in its own way.
            self._draws(place).key if look is Look.RETOUCHED else "",
        )


def _stride(size: int) -> int:
    """Return a step that visits all of `size` places and scatters neighbours.

    One step and two steps on from a burst's first photo lie plain photos, so that the rest of
    a burst takes the place of nothing rarer.
    """
    stride = max(1, round(size * 0.381966))
    while gcd(stride, size) != 1:
        stride += 1
    return stride


def drawn_universe(size: int = 240, seed: int = 7) -> DrawnUniverse:
    """Return a universe of `size` drawn photos for each of monkey, boar and crow.

    Raises:
        CallError: a size that no universe can have.
    """
    if not 1 <= size <= _LARGEST:
        raise CallError(f"A keyword can have 1 to {_LARGEST} drawn photos (received {size}).")
    return DrawnUniverse(size, seed)
