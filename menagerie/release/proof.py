"""The proof that nothing stands on both sides of the split, searched for afresh.

Owners and bursts are read from the manifest's columns, near-duplicates from the arrays: not from
the ties and groups by which the split was made.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from menagerie.curation.across import Pictures, pairs_across
from menagerie.curation.likeness import Thumbs
from menagerie.curation.pairs import Pairs
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.photos.row import Side
from menagerie.progress import Advance, unwatched
from menagerie.release.arrays import read_samples
from menagerie.release.keys import key_of
from menagerie.release.split import SPLITS
from menagerie.release.tables import MANIFEST, Row, rows_of

NO_PAIRS: Pairs = np.empty((0, 2), dtype=np.int64)

_HOUR = len("2026-03-01 09")


@dataclass(frozen=True, slots=True)
class Leaks:
    """How much stands on both sides of the split: nothing should."""

    owners: int
    bursts: int
    near_duplicates: int


def find_leaks(folder: Path, radius: int) -> Leaks:
    """Search a release; hashes at most `radius` bits apart are compared."""
    owners = len(on_both_sides(folder, owner_of))
    # A burst is an owner's.
    bursts = len(on_both_sides(folder, burst_of)) if owners else 0
    return Leaks(owners, bursts, len(near_duplicates_across(folder, radius)))


def owner_of(row: Row) -> str | None:
    """Name the owner of a photo, None where nobody knows it."""
    return row["owner"] or None


def burst_of(row: Row) -> str | None:
    """Name a burst, photos that an owner took within an hour; None where nobody knows it."""
    hour = (row["taken_at"] or "")[:_HOUR]
    return f"{row['owner']}, {hour}" if row["owner"] and len(hour) == _HOUR else None


def on_both_sides(folder: Path, name_of: Callable[[Row], str | None]) -> set[int]:
    """Return the keys of what has samples in train and in test; see `key_of`."""
    keys = {split: array("Q") for split in SPLITS}
    for row in rows_of(folder / MANIFEST, "split", "owner", "taken_at"):
        name = name_of(row)
        if name is not None and row["split"] in keys:
            keys[row["split"]].append(key_of(name))
    train, test = (np.frombuffer(keys[split], dtype=np.uint64) for split in SPLITS)
    return set(np.intersect1d(train, test).tolist())


def near_duplicates_across(
    folder: Path, radius: int, known: Pairs = NO_PAIRS, advance: Advance = unwatched
) -> Pairs:
    """Find rows of train and test that show one picture, cropped or mirrored or not.

    `known` are pairs that somebody else holds for candidates. Returns int64 (m, 2).
    """
    train, test = (_pictures(folder, split, advance) for split in SPLITS)
    advance(0, "comparing")
    return pairs_across(train, test, radius, known)


def _pictures(folder: Path, split: Side, advance: Advance) -> Pictures:
    size = len(read_samples(folder, split).x)

    def thumbs(places: NDArray[np.int64]) -> Thumbs:
        advance(0, f"{split}: {len(places):,} of {size:,}")
        # Mapped anew each time: what was read before need not stay in memory.
        return thumbnails(read_samples(folder, split).x, places)

    return Pictures.read(size, thumbs)


def thumbnails(samples: NDArray[np.uint8], places: NDArray[np.int64]) -> Thumbs:
    """Shrink some of uint8 (n, size, size, 3) to grey thumbnails: uint8 (places, 32, 32)."""
    small = (THUMB_PX, THUMB_PX)
    thumbs = np.empty((len(places), *small), dtype=np.uint8)
    for number, place in enumerate(places.tolist()):
        grey = Image.fromarray(samples[place]).convert("L")
        thumbs[number] = np.asarray(grey.resize(small, Image.Resampling.LANCZOS))
    return thumbs
