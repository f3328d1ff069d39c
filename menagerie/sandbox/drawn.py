"""A universe of drawn animals, of any size: nothing is drawn or enumerated before it is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from menagerie.errors import CallError
from menagerie.sandbox.fates import Fates, Kind, Place
from menagerie.sandbox.hashing import Draws, Words, mix, salted, tabled, units, word
from menagerie.sandbox.pictures.drawn import DrawnPicture, Look
from menagerie.sandbox.records import Integers, Listing, Photo
from menagerie.sandbox.traits import (
    OWNER_DRAWS,
    PHOTO_DRAWS,
    invent_owner,
    invent_photo,
    licenses,
    owner_rank,
    pool_size,
    taken_dates,
)
from menagerie.sandbox.uploads import crowded_dates, even_dates

KEYWORDS = ("monkey", "boar", "crow")

_FIRST_ID = 2_000_000_000
_ID_SPAN = 52_000_000_000
_SLOTS = 4  # a power of two with room for every keyword
_LARGEST = 100_000_000

LARGE = 100_000
"""From so many photos a keyword on, a universe is drawn for speed, and has what is rarer."""
UNKNOWN_LICENSE = 17
"""A licence that Flickr does not explain."""
_UNKNOWN = 0.001
_PNG, _GIF = 0.02, 0.005

_KIND_OF = tuple(Kind)
_COPIES = frozenset({Kind.RE_UPLOAD, Kind.NEAR_DUPLICATE, Kind.CROSS_POST})
# How often the owner of the model is the owner of the copy.
_OWN_COPIES = {Kind.BURST: 1.0, Kind.RE_UPLOAD: 0.6, Kind.NEAR_DUPLICATE: 0.8}
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


@dataclass(frozen=True, slots=True)
class _Columns:
    ids: Integers
    uploaded: Integers
    taken: Integers
    license: npt.NDArray[np.int16]
    kind: npt.NDArray[np.int8]

    def at(self, rows: Integers) -> "_Columns":
        return _Columns(
            self.ids[rows], self.uploaded[rows], self.taken[rows], self.license[rows],
            self.kind[rows],
        )  # fmt: skip


class DrawnUniverse:
    """`size` photos for each keyword, all of them functions of the seed and their index."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._key = f"drawn/{seed}/{size}"
        self._step = _ID_SPAN // size
        self._pool = pool_size(size * len(KEYWORDS))
        self._dates = crowded_dates if size >= LARGE else even_dates
        self._fates = Fates(self._key, size, KEYWORDS)
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
        asked = np.array(ids, np.int64)
        offsets = np.clip(asked - _FIRST_ID, -1, _ID_SPAN)
        indices = np.clip(offsets // self._step, 0, self._size - 1)
        # The id says its keyword in its last bits, relative to the place of the index.
        slots = (offsets - indices * self._step) % _SLOTS % len(KEYWORDS)
        columns = self._columns(slots, indices)
        real = np.flatnonzero(columns.ids == asked)
        photos: list[Photo | None] = [None] * len(ids)
        for row, photo in zip(real.tolist(), self._photos(columns.at(real)), strict=True):
            photos[row] = photo
        return photos

    def _enumerate(self, slot: int) -> Listing:
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

    def _columns(self, slots: Integers, indices: Integers) -> _Columns:
        words = self._words(slots, indices)
        first = indices - self._fates.follows(slots, indices)
        moment = units(mix(self._words(slots, first)))
        uploaded = self._dates((first + moment) / self._size) + (indices - first) * 7
        scatter = (words % np.uint64(self._step // _SLOTS)).astype(np.int64)
        return _Columns(
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

    def _photos(self, columns: _Columns) -> Iterator[Photo]:
        ids = columns.ids.tolist()
        kinds = [_KIND_OF[code] for code in columns.kind.tolist()]
        places = [self._place(photo_id) for photo_id in ids]
        scenes = [self._scene(place, kind) for place, kind in zip(places, kinds, strict=True)]
        ranks = list(map(self._owner_rank, places, kinds, scenes))
        for photo_id, kind, place, scene, rank, photo_draws, owner_draws, up, taken, number in zip(
            ids, kinds, places, scenes, ranks,
            self._drawn("photo", PHOTO_DRAWS, ids),
            self._drawn(f"owner/{self._key}", OWNER_DRAWS, ranks),
            columns.uploaded.tolist(), columns.taken.tolist(), columns.license.tolist(),
            strict=True,
        ):  # fmt: skip
            file_format = self._file_format(kind, photo_draws)
            yield invent_photo(
                photo_draws,
                photo_id,
                KEYWORDS[place.slot],
                invent_owner(owner_draws, rank),
                self._picture(place, kind, scene, file_format),
                uploaded=up,
                taken=taken,
                license_number=number,
                original_format=file_format,
                video=kind is Kind.VIDEO,
                gone=kind is Kind.GONE,
            )

    def _drawn(self, thing: str, names: Sequence[str], numbers: list[int]) -> Sequence[Draws]:
        if self._size < LARGE:
            return [Draws(f"{thing}/{number}") for number in numbers]
        return tabled(np.array(numbers, np.int64), word(thing), names)

    def _place(self, photo_id: int) -> Place:
        index, rest = divmod(photo_id - _FIRST_ID, self._step)
        return Place(rest % _SLOTS, index)

    def _draws(self, place: Place) -> Draws:
        return Draws(f"{self._key}/{place.slot}/{place.row}")

    def _scene(self, place: Place, kind: Kind) -> Place:
        """Return the place whose scene a photo shows: its own, a burst's first, or a model's."""
        if kind is Kind.BURST:
            return Place(place.slot, place.row - self._fates.follows_at(place))
        if kind not in _COPIES:
            return place
        draws = self._draws(place)
        crossed = kind is Kind.CROSS_POST
        slot = (place.slot + 1 + draws.below("cross", 2)) % len(KEYWORDS) if crossed else place.slot
        for attempt in range(32):
            model = Place(slot, draws.below(f"copy of {attempt}", self._size))
            if self._fates.kind_at(model) is Kind.PLAIN:
                break
        return model

    def _owner_rank(self, place: Place, kind: Kind, scene: Place) -> int:
        own_copy = _OWN_COPIES.get(kind, 0.0)
        draws = self._draws(place)
        if own_copy and draws.unit("own copy") < own_copy:
            draws = self._draws(scene)
        return owner_rank(draws, self._pool)

    def _file_format(self, kind: Kind, draws: Draws) -> str:
        if self._size < LARGE or kind is not Kind.PLAIN:
            return "jpg"
        chance = draws.unit("format")
        return "png" if chance < _PNG else "gif" if chance < _PNG + _GIF else "jpg"

    def _picture(self, place: Place, kind: Kind, scene: Place, file_format: str) -> DrawnPicture:
        look = _LOOKS.get(kind, Look.PLAIN)
        return DrawnPicture(
            KEYWORDS[scene.slot],
            self._draws(scene).key,
            look,
            place.row - scene.row if kind is Kind.BURST else 0,
            # Every retouched copy is retouched in its own way.
            self._draws(place).key if look is Look.RETOUCHED else "",
            file_format,
        )


def drawn_universe(size: int = 240, seed: int = 7) -> DrawnUniverse:
    """Return a universe of `size` drawn photos for each of monkey, boar and crow.

    Raises:
        CallError: a size that no universe can have.
    """
    if not 1 <= size <= _LARGEST:
        raise CallError(f"A keyword can have 1 to {_LARGEST} drawn photos (received {size}).")
    return DrawnUniverse(size, seed)
