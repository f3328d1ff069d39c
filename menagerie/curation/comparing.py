"""The search for near-duplicates in parts, each of them for another machine.

What is sound is decided once: the names and hashes of those files are put on a shelf that all
machines reach, 40 bytes a file, so that a part reads neither the photos' records nor the figures
of their files. Each part leaves its pairs there, too, 16 bytes each. There are few of them,
pictures that are the same; but of a million blank photos `CROWD` lets 33 million pairs pass to be
looked at, and nothing that can be as large should go through a scheduler.

The shelf is emptied when the verdicts stand, and before it is filled: what a run that was killed
has left there is of no use to the next one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.curation import replace_verdicts, thumbnails
from menagerie.catalog.database import Catalog
from menagerie.curation.grouping import near_duplicates, pieces_of
from menagerie.curation.verdicts import Judging
from menagerie.photos.shelves import Shelf, kinds_of, put, shelf_of
from menagerie.recipe import Recipe

_GROUP = "comparing"
_ROW = np.dtype([("sha256", "u1", 32), ("phash", "<u8")])


@dataclass(frozen=True, slots=True)
class Part:
    """The `number`-th part `of` so many; `key` names the files that are compared."""

    key: str
    number: int
    of: int

    @property
    def name(self) -> str:
        """The name of the block of its pairs."""
        return f"{self.key}-{self.number}-of-{self.of}"


class _Names(Sequence[str]):
    """Names of files, written out as they are asked for: as texts they fill 113 bytes each."""

    def __init__(self, rows: NDArray[np.uint8]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        rows = self._rows[at]
        if isinstance(at, slice):
            return [row.tobytes().hex() for row in rows]
        return rows.tobytes().hex()


def plan_comparing(judging: Judging, root: Path | str, recipe: Recipe) -> list[Part]:
    """Put the files that are to be compared on the shelf, and list the parts of the work."""
    shelf = _shelf(root, recipe.name)
    shelf.clear([])
    sha256s, hashes = judging.sha256s, judging.hashes
    if len(sha256s) < 2:
        return []
    rows = np.empty(len(sha256s), dtype=_ROW)
    rows["sha256"] = np.frombuffer(bytes.fromhex("".join(sha256s)), np.uint8).reshape(-1, 32)
    rows["phash"] = hashes
    # Of its content: what a worker writes that was given up must not pass for what is new.
    told = f"{recipe.curation.near_duplicate_bits}\n".encode() + rows.tobytes()
    key, of = hashlib.sha256(told).hexdigest()[:32], pieces_of(len(sha256s))
    put(shelf, key, rows)
    return [Part(key, number, of) for number in range(1, of + 1)]


def compare(catalog: Catalog, root: Path | str, recipe: Recipe, part: Part) -> int:
    """Search one part, leave its pairs on the shelf and return how many there are."""
    shelf = _shelf(root, recipe.name)
    rows = shelf.open(part.key)
    names, hashes = _Names(rows["sha256"]), rows["phash"].astype(np.uint64)
    bits = recipe.curation.near_duplicate_bits
    pairs = near_duplicates(names, hashes, bits, partial(thumbnails, catalog), [part.number - 1])
    put(shelf, part.name, pairs)
    return len(pairs)


def judge_compared(
    catalog: Catalog, judging: Judging, root: Path | str, recipe: Recipe, parts: Sequence[Part]
) -> int:
    """Record all verdicts by the pairs that the parts have found; return how many there are."""
    shelf = _shelf(root, recipe.name)
    # Two parts may find one pair, each by another window.
    pairs = np.unique(np.concatenate([shelf.open(part.name) for part in parts]), axis=0)
    count = replace_verdicts(catalog, recipe.name, judging.verdicts(pairs))
    shelf.clear([])
    return count


def forget_compared(root: Path | str) -> None:
    """Remove what killed runs have left, for it names files; no run may be at work."""
    for dataset in kinds_of(root, _GROUP):
        _shelf(root, dataset).clear([])


def _shelf(root: Path | str, dataset: str) -> Shelf:
    return shelf_of(root, f"{_GROUP}/{dataset}")
