"""The leak proof: nothing stands on both sides of the split, searched for afresh.

Owners and bursts are read from the manifest's columns, near-duplicates from the arrays: not from
the ties and groups by which the split was made.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from menagerie.catalog.forgetting import phashes_of
from menagerie.curation.across import Pictures, pairs_across
from menagerie.curation.likeness import Thumbs
from menagerie.curation.pairs import Pairs, pairs_between
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.photos.row import Side
from menagerie.release.contents import SPLITS
from menagerie.release.verifying.inspection import Findings, Inspection, Row
from menagerie.release.verifying.keys import Keys, key_of

_HOUR = len("2026-03-01 09")


def find_owners(inspection: Inspection, found: Findings) -> None:
    """No owner has photos on both sides."""
    _find_on_both_sides(inspection, _owner, "photos of the owner", found)


def find_bursts(inspection: Inspection, found: Findings) -> None:
    """No burst, photos that an owner took within an hour, stands on both sides."""
    _find_on_both_sides(inspection, _burst, "photos of the owner and hour", found)


def _owner(row: Row) -> str | None:
    return row["owner"] or None


def _burst(row: Row) -> str | None:
    hour = (row["taken_at"] or "")[:_HOUR]
    return f"{row['owner']}, {hour}" if row["owner"] and len(hour) == _HOUR else None


def _find_on_both_sides(
    inspection: Inspection, name_of: Callable[[Row], str | None], what: str, found: Findings
) -> None:
    train, test = (_side_keys(inspection, split, name_of) for split in SPLITS)
    both = set(np.intersect1d(train, test).tolist())
    if not both:
        return
    examples: dict[str, dict[str, str]] = {}
    for row in inspection.rows("split", "owner", "taken_at", "photo_id"):
        name = name_of(row)
        if name is not None and key_of(name) in both:
            examples.setdefault(name, {}).setdefault(row["split"], row["photo_id"])
    for name, photos in sorted(examples.items()):
        named = " and ".join(f"{photo} in {split}" for split, photo in sorted(photos.items()))
        found.fault(f"On both sides stand {what} {name}: {named}.")


def _side_keys(inspection: Inspection, split: Side, name_of: Callable[[Row], str | None]) -> Keys:
    rows = inspection.rows("split", "owner", "taken_at")
    names = (name_of(row) for row in rows if row["split"] == split)
    return np.unique(
        np.fromiter((key_of(name) for name in names if name is not None), dtype=np.uint64)
    )


def find_near_duplicates(inspection: Inspection, found: Findings) -> None:
    """No picture, cropped or mirrored or not, stands on both sides."""
    left, right = (_pictures(inspection, split, found) for split in SPLITS)
    found.advance(0, "comparing")
    radius = inspection.recipe().curation.near_duplicate_bits
    pairs = pairs_across(left, right, radius, _recorded_pairs(inspection, radius))
    wanted = {("train", row) for row in pairs[:, 0].tolist()}
    wanted |= {("test", row) for row in pairs[:, 1].tolist()}
    names = {
        (row["split"], row["row"]): row["photo_id"]
        for row in inspection.rows("split", "row", "photo_id")
        if (row["split"], row["row"]) in wanted
    }
    for train, test in pairs.tolist():
        found.fault(
            f"Row {train} of train and row {test} of test show one picture: the photos"
            f" {names.get(('train', train))} and {names.get(('test', test))}."
        )


def _pictures(inspection: Inspection, split: Side, found: Findings) -> Pictures:
    size = len(inspection.array("x", split))

    def thumbs(places: NDArray[np.int64]) -> Thumbs:
        found.advance(0, f"{split}: {len(places):,} of {size:,}")
        # Mapped anew each time: what was read before need not stay in memory.
        return thumbnails(inspection.array("x", split), places)

    return Pictures.read(size, thumbs)


def thumbnails(samples: NDArray[np.uint8], places: NDArray[np.int64]) -> Thumbs:
    """Shrink some of uint8 (n, size, size, 3) to grey thumbnails: uint8 (places, 32, 32)."""
    small = (THUMB_PX, THUMB_PX)
    thumbs = np.empty((len(places), *small), dtype=np.uint8)
    for number, place in enumerate(places.tolist()):
        grey = Image.fromarray(samples[place]).convert("L")
        thumbs[number] = np.asarray(grey.resize(small, Image.Resampling.LANCZOS))
    return thumbs


def _recorded_pairs(inspection: Inspection, radius: int) -> Pairs:
    """Find pairs of rows whose photos have near hashes in the catalog."""
    rows: dict[Side, list[int]] = {split: [] for split in SPLITS}
    hashes: dict[Side, list[int]] = {split: [] for split in SPLITS}
    for lot in inspection.lots("split", "row", "sha256"):
        known = phashes_of(inspection.catalog, [row["sha256"] for row in lot])
        for row in lot:
            phash = known.get(row["sha256"])
            if phash is not None:
                rows[row["split"]].append(row["row"])
                hashes[row["split"]].append(phash % (1 << 64))
    left, right = (np.array(hashes[split], dtype=np.uint64) for split in SPLITS)
    pairs = pairs_between(left, right, radius)
    places = [np.array(rows[split], dtype=np.int64) for split in SPLITS]
    return np.stack([places[0][pairs[:, 0]], places[1][pairs[:, 1]]], axis=1)
