"""Photos that are uploaded while the sandbox runs, because the control endpoint was told so."""

from collections.abc import Iterator

import numpy as np

from menagerie.sandbox.columns import KEYWORDS
from menagerie.sandbox.hashing import Draws, word
from menagerie.sandbox.pictures.drawn import DrawnPicture
from menagerie.sandbox.records import Photo
from menagerie.sandbox.traits import (
    invent_owner,
    invent_photo,
    licenses,
    owner_rank,
    pool_size,
)

# Above all ids of drawn photos, and of files without a number for a name.
_FIRST_ID = 300_000_000_000
_STEP = 9_973
_TWO_DAYS = 172_800
_UNIVERSE = "newcomers"


def newcomers(keyword: str, serials: range, uploaded: int) -> Iterator[Photo]:
    """Make up new photos of a keyword. `serials` counts all new photos of the sandbox.

    They show the animal that the keyword names; any other keyword brings animals at random.
    """
    for serial in serials:
        draws = Draws(f"{_UNIVERSE}/{keyword}/{serial}")
        photo_id = _FIRST_ID + serial * _STEP + draws.below("id", _STEP)
        rank = owner_rank(draws, pool_size(1))
        yield invent_photo(
            Draws(f"photo/{photo_id}"),
            photo_id,
            keyword,
            invent_owner(Draws(f"owner/{_UNIVERSE}/{rank}"), rank),
            DrawnPicture(_subject(draws, keyword), draws.key),
            uploaded=uploaded,
            taken=uploaded - draws.below("taken", _TWO_DAYS),
            license_number=int(licenses(np.array([word(draws.key)], np.uint64))[0]),
        )


def _subject(draws: Draws, keyword: str) -> str:
    return keyword if keyword in KEYWORDS else draws.pick("subject", KEYWORDS)
