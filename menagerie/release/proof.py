"""The proof that nothing stands on both sides of the split, searched for afresh.

Owners and bursts are read from the manifest's columns, near-duplicates from the arrays: not from
the ties and groups by which the split was made.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import phashes_of
from menagerie.curation.across import Pictures, pairs_across
from menagerie.curation.likeness import Thumbs
from menagerie.curation.pairs import Pairs, pairs_between
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.photos.row import Side
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe
from menagerie.release.arrays import read_samples
from menagerie.release.keys import key_of
from menagerie.release.split import SPLITS
from menagerie.release.tables import MANIFEST, Row, batches_of, rows_of

_HOUR = len("2026-03-01 09")
# So many stay in the processor's cache.
_PIXELS_AT_ONCE = 2**16
# Luma of ITU-R BT.601, in thousandths.
_LUMA = (299.0, 587.0, 114.0)
_LOBES = 3
_UNITS = 2**10


@dataclass(frozen=True, slots=True)
class Leaks:
    """How much stands on both sides of the split: nothing should."""

    owners: int
    bursts: int
    near_duplicates: int


def find_leaks(folder: Path, near_duplicates: Pairs) -> Leaks:
    """Count what stands on both sides, beside the near-duplicates that were found."""
    owners = len(on_both_sides(folder, owner_of))
    # A burst is an owner's.
    bursts = len(on_both_sides(folder, burst_of)) if owners else 0
    return Leaks(owners, bursts, len(near_duplicates))


def search(folder: Path, recipe: Recipe, catalog: Catalog) -> Leaks:
    """Search a release for leaks of every kind."""
    radius = recipe.curation.near_duplicate_bits
    return find_leaks(folder, near_duplicates_across(folder, radius, catalog))


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
    folder: Path, radius: int, catalog: Catalog, advance: Advance = unwatched
) -> Pairs:
    """Find rows of train and test that show one picture, cropped or mirrored or not: int64 (m, 2).

    What the catalog knows of the photos only adds pairs that are looked at.
    """
    train, test = (_pictures(folder, split, advance) for split in SPLITS)
    advance(0, "comparing")
    return pairs_across(train, test, radius, _recorded_pairs(folder, radius, catalog))


def later_of(folder: Path, pairs: Pairs) -> list[Row]:
    """Return the rows of the manifest of each pair's photo that was uploaded later, each once.

    Mostly that is the one that was found later; and it does not change from run to run.
    """
    wanted = {("train", row) for row in pairs[:, 0].tolist()}
    wanted |= {("test", row) for row in pairs[:, 1].tolist()}
    rows = {
        (row["split"], row["row"]): row
        for row in rows_of(folder / MANIFEST)
        if (row["split"], row["row"]) in wanted
    }
    later = (
        max(
            (("train", train), ("test", test)),
            key=lambda place: (rows[place]["uploaded_at"], rows[place]["photo_id"]),
        )
        for train, test in pairs.tolist()
    )
    return [rows[place] for place in dict.fromkeys(later)]


def _recorded_pairs(folder: Path, radius: int, catalog: Catalog) -> Pairs:
    """Find pairs of rows whose photos have near hashes in the catalog."""
    rows = {split: array("q") for split in SPLITS}
    hashes = {split: array("Q") for split in SPLITS}
    for batch in batches_of(folder / MANIFEST, "split", "row", "sha256"):
        lot = batch.to_pylist()
        known = phashes_of(catalog, [row["sha256"] for row in lot])
        for row in lot:
            phash = known.get(row["sha256"])
            if phash is not None:
                rows[row["split"]].append(row["row"])
                hashes[row["split"]].append(phash % (1 << 64))
    left, right = (np.frombuffer(hashes[split], dtype=np.uint64) for split in SPLITS)
    pairs = pairs_between(left, right, radius)
    places = [np.frombuffer(rows[split], dtype=np.int64) for split in SPLITS]
    return np.stack([places[0][pairs[:, 0]], places[1][pairs[:, 1]]], axis=1)


def _pictures(folder: Path, split: Side, advance: Advance) -> Pictures:
    size = len(read_samples(folder, split).x)

    def thumbs(places: NDArray[np.int64]) -> Thumbs:
        advance(0, f"{split}: {len(places):,} of {size:,}")
        # Mapped anew each time: what was read before need not stay in memory.
        return thumbnails(read_samples(folder, split).x, places)

    return Pictures.read(size, thumbs)


def thumbnails(samples: NDArray[np.uint8], places: NDArray[np.int64]) -> Thumbs:
    """Shrink some of uint8 (n, size, size, 3) to grey thumbnails: uint8 (places, 32, 32).

    As Pillow's `convert("L")` and its Lanczos filter do, but for a grey level here and there, and
    several times as fast. All sums are of whole numbers below 2**53: whoever adds them up,
    in whatever order, comes to the same.
    """
    shrink, whole = _lanczos(samples.shape[1])
    thumbs = np.empty((len(places), THUMB_PX, THUMB_PX), dtype=np.uint8)
    at_once = max(1, _PIXELS_AT_ONCE // samples.shape[1] ** 2)
    for start in range(0, len(places), at_once):
        lot = samples[places[start : start + at_once]]
        luma = sum(lot[..., band] * weight for band, weight in enumerate(_LUMA))
        shrunk = np.rint(shrink @ luma @ shrink.T / (whole * whole * sum(_LUMA)))
        thumbs[start : start + len(lot)] = np.clip(shrunk, 0, 255)
    return thumbs


@cache
def _lanczos(size_px: int) -> tuple[NDArray[np.float64], float]:
    """Return the matrix (32, size_px) that shrinks an edge, in whole numbers, and their sum."""
    scale = max(1.0, size_px / THUMB_PX)
    centres = (np.arange(THUMB_PX) + 0.5) * size_px / THUMB_PX
    apart = (np.arange(size_px) + 0.5 - centres[:, None]) / scale
    weights = np.where(np.abs(apart) < _LOBES, np.sinc(apart) * np.sinc(apart / _LOBES), 0.0)
    exact = _UNITS * weights / weights.sum(axis=1, keepdims=True)
    units = np.rint(exact)
    rows = np.arange(THUMB_PX)
    units[rows, exact.argmax(axis=1)] += _UNITS - units.sum(axis=1)
    return units, float(_UNITS)
