"""A universe of drawn animals, of any size: nothing is drawn or enumerated before it is asked."""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np

from menagerie.errors import CallError
from menagerie.sandbox.columns import KEYWORDS, LARGE, Columns, Table
from menagerie.sandbox.fates import Fates, Kind, Place
from menagerie.sandbox.hashing import Draws, tabled, word
from menagerie.sandbox.pictures.drawn import DrawnPicture, Look
from menagerie.sandbox.records import Listing, Photo
from menagerie.sandbox.traits import (
    ODDITY_DRAWS,
    OWNER_DRAWS,
    PHOTO_DRAWS,
    invent_owner,
    invent_photo,
    owner_rank,
    pool_size,
)

_LARGEST = 100_000_000

# The originals that are no JPEGs: of so many plain ones in a row, and of their copies.
_FORMATS = {0: "png", 1: "png", 2: "png", 3: "png", 4: "gif"}
_FORMAT_CYCLE = 200
_WHOLE = frozenset({Kind.PLAIN, Kind.RE_UPLOAD, Kind.CROSS_POST})

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


class _Cast(NamedTuple):
    """Where a photo stands, what it is, whose scene it shows, and who uploaded it."""

    place: Place
    kind: Kind
    scene: Place
    scene_key: str
    owner_rank: int


class DrawnUniverse:
    """`size` photos for each keyword, all of them functions of the seed and their index."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._key = f"drawn/{seed}/{size}"
        self._pool = pool_size(size * len(KEYWORDS))
        self._fates = Fates(self._key, size, KEYWORDS)
        self._table = Table(self._key, size, self._fates)
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
                self._listings[keyword] = self._table.listing(KEYWORDS.index(keyword))
            return self._listings[keyword]

    def photos(self, ids: Sequence[int]) -> list[Photo | None]:
        """Return the photos of `ids`, None for an id that nobody has."""
        if not ids:
            return []
        asked = np.array(ids, np.int64)
        columns = self._table.at_ids(asked)
        real = np.flatnonzero(columns.ids == asked)
        photos: list[Photo | None] = [None] * len(ids)
        for row, photo in zip(real.tolist(), self._photos(columns.at(real)), strict=True):
            photos[row] = photo
        return photos

    def _photos(self, columns: Columns) -> Iterator[Photo]:
        ids = columns.ids.tolist()
        casts = [
            self._cast(self._table.place(photo_id), _KIND_OF[code])
            for photo_id, code in zip(ids, columns.kind.tolist(), strict=True)
        ]
        ranks = [cast.owner_rank for cast in casts]
        return map(
            self._photo,
            ids,
            casts,
            self._drawn(f"owner/{self._key}/", OWNER_DRAWS, ranks),
            self._drawn("photo/", PHOTO_DRAWS, ids),
            self._drawn("", ODDITY_DRAWS, ids),
            columns.uploaded.tolist(),
            columns.taken.tolist(),
            columns.license.tolist(),
        )

    def _photo(
        self,
        photo_id: int,
        cast: _Cast,
        owner_draws: Draws,
        draws: Draws,
        oddities: Draws,
        uploaded: int,
        taken: int,
        license_number: int,
    ) -> Photo:
        file_format = self._file_format(cast)
        return invent_photo(
            draws,
            photo_id,
            KEYWORDS[cast.place.slot],
            invent_owner(owner_draws, cast.owner_rank),
            self._picture(cast, file_format),
            uploaded=uploaded,
            taken=taken,
            license_number=license_number,
            original_format=file_format,
            video=cast.kind is Kind.VIDEO,
            gone=cast.kind is Kind.GONE,
            oddities=oddities,
        )

    def _cast(self, place: Place, kind: Kind) -> _Cast:
        draws = self._draws(place)
        scene = self._scene(place, kind, draws)
        scene_draws = draws if scene == place else self._draws(scene)
        own_copy = _OWN_COPIES.get(kind, 0.0)
        owned = own_copy and draws.unit("own copy") < own_copy
        rank = owner_rank(scene_draws if owned else draws, self._pool)
        return _Cast(place, kind, scene, scene_draws.key, rank)

    def _drawn(self, prefix: str, names: Sequence[str], numbers: list[int]) -> Sequence[Draws]:
        if self._size < LARGE:
            return [Draws(f"{prefix}{number}") for number in numbers]
        return tabled(np.array(numbers, np.int64), word(prefix), names)

    def _draws(self, place: Place) -> Draws:
        return Draws(f"{self._key}/{place.slot}/{place.row}")

    def _scene(self, place: Place, kind: Kind, draws: Draws) -> Place:
        """Return the place whose scene a photo shows: its own, a burst's first, or a model's."""
        if kind is Kind.BURST:
            return Place(place.slot, place.row - self._fates.follows_at(place))
        if kind not in _COPIES:
            return place
        crossed = kind is Kind.CROSS_POST
        slot = (place.slot + 1 + draws.below("cross", 2)) % len(KEYWORDS) if crossed else place.slot
        for attempt in range(32):
            model = Place(slot, draws.below(f"copy of {attempt}", self._size))
            if self._fates.kind_at(model) is Kind.PLAIN:
                break
        return model

    def _file_format(self, cast: _Cast) -> str:
        if self._size < LARGE or cast.kind not in _WHOLE:
            return "jpg"
        # By the scene's place: a copy has the bytes of its model, and so the format.
        return _FORMATS.get(cast.scene.row % _FORMAT_CYCLE, "jpg")

    def _picture(self, cast: _Cast, file_format: str) -> DrawnPicture:
        place, kind, scene, scene_key, _ = cast
        look = _LOOKS.get(kind, Look.PLAIN)
        return DrawnPicture(
            KEYWORDS[scene.slot],
            scene_key,
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
