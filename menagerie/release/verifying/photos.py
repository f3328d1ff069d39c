"""The stored photos of a release: there, unchanged, and what the rows of the arrays show."""

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from menagerie.cores import usable_cores
from menagerie.errors import PhotoError
from menagerie.photos.decode import DECODER, read_tile
from menagerie.release.keys import key_of
from menagerie.release.origin import read_origin
from menagerie.release.tables import MANIFEST, Row
from menagerie.release.verifying.inspection import Findings, Inspection

FAST = 200
"""Of so many photos in the store a fast verification makes sure."""


def find_lost_photos(inspection: Inspection, found: Findings) -> None:
    """Each photo is in the store, its bytes unchanged, and decoded afresh it is its row."""
    decoder = read_origin(inspection.folder / MANIFEST).decoder
    compares = decoder in {"", DECODER}
    checker = _Checker(inspection, compares)
    count = 0
    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="decode") as threads:
        for lot in _lots(inspection):
            count += len(lot)
            for fault in filter(None, threads.map(checker.fault_of, lot)):
                found.fault(fault)
            found.advance(0, f"{count:,} photos")
    notes = [f"{count:,} photos"] if inspection.only is not None else []
    if not compares:
        notes.append(f"not decoded: samples were cut by {decoder}, this version has {DECODER}")
    found.note = "; ".join(notes)


def _lots(inspection: Inspection) -> Iterator[Sequence[Row]]:
    lots = inspection.lots("split", "row", "photo_id", "sha256")
    if inspection.only is None:
        return lots
    # Always the same ones of a release, from all over it.
    rows = (row for lot in lots for row in lot)
    return iter([heapq.nsmallest(inspection.only, rows, key=draw)])


def draw(row: Row) -> int:
    """Draw a photo's place in the order in which some of them are looked at."""
    return key_of("verify", row["photo_id"])


class _Checker:
    """Checks stored photos one by one; threads may share it."""

    def __init__(self, inspection: Inspection, compares: bool) -> None:
        self._inspection = inspection
        self._compares = compares
        self._release = inspection.recipe().release

    def fault_of(self, row: Row) -> str | None:
        """Say what is wrong with the photo of a row, or None."""
        photo, split, place = row["photo_id"], row["split"], row["row"]
        try:
            data = self._inspection.store.read(row["sha256"])
        except FileNotFoundError:
            return f"The store has lost the photo {photo}, {row['sha256']}."
        if hashlib.sha256(data).hexdigest() != row["sha256"]:
            return f"The stored bytes of the photo {photo}, {row['sha256']}, have changed."
        if not self._compares:
            return None
        try:
            tile = read_tile(data, self._release.image_size_px, self._release.resize)
        except PhotoError as error:
            return f"The photo {photo} {error}."
        samples = self._inspection.array("x", split)
        if place < len(samples) and np.array_equal(samples[place], tile):
            return None
        return f"Row {place} of x_{split}.npy is not what the photo {photo} shows."
