"""What changed from one release to another: photos by what became of them, and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from menagerie.errors import ReleaseError

KINDS = ("added", "dropped", "relabelled", "relicensed", "moved")

NO_LONGER_FOUND = "no_longer_found"
"""Why a photo was dropped that is not even rejected: no search finds it, or it waits for its
file."""

# A photo's id means something within its source only.
_KEY = ["source", "photo_id"]
_COMPARED = {"relabelled": "label", "relicensed": "license", "moved": "split"}


@dataclass(frozen=True, slots=True)
class Change:
    """A photo that changed; `before` and `after` are its labels, licences or sides, if these did.

    `label` is the one it has, or had when it was dropped; `reason` says why it was dropped.
    """

    photo_id: str
    label: str
    before: str = ""
    after: str = ""
    reason: str = ""

    @property
    def what(self) -> str:
        """What changed, in a few words."""
        return self.reason or (f"{self.before} → {self.after}" if self.before else "")


@dataclass(frozen=True, slots=True)
class Differences:
    """What changed between two releases, folders; `changes` holds every kind, each by photo id."""

    before: Path
    after: Path
    samples: tuple[int, int]
    changes: dict[str, list[Change]]

    @property
    def moved(self) -> list[Change]:
        """Photos that stand on the other side of the split: there must be none."""
        return self.changes["moved"]

    @property
    def counts(self) -> dict[tuple[str, str, str], int]:
        """Photos by kind, class and what changed, in this order."""
        by_kind = {
            kind: Counter((change.label, change.what) for change in self.changes[kind])
            for kind in KINDS
        }
        return {
            (kind, *what): by_kind[kind][what] for kind in KINDS for what in sorted(by_kind[kind])
        }

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie diff --json`."""
        ids = {kind: [c.photo_id for c in self.changes[kind]] for kind in KINDS}
        told = {
            name: {change.photo_id: [change.before, change.after] for change in self.changes[kind]}
            for name, kind in (("labels", "relabelled"), ("licenses", "relicensed"))
        }
        reasons = {change.photo_id: change.reason for change in self.changes["dropped"]}
        return {
            "from": self.before.name,
            "to": self.after.name,
            **ids,
            "reasons": reasons,
            **told,
        }


def compare(before: Path, after: Path, lot: int = 100_000) -> Differences:
    """Compare the manifests of two releases, by and by: some `lot` photos of each at a time.

    Raises:
        ReleaseError: one of them cannot be read.
    """
    changes: dict[str, list[Change]] = {kind: [] for kind in KINDS}
    before_count = after_count = 0
    try:
        for ids in _ranges(before, lot):
            old, new = _manifest(before, ids), _manifest(after, ids)
            before_count, after_count = before_count + len(old), after_count + len(new)
            rejected = _table(after / "rejected.parquet", ["photo_id", "reason"], ids)
            for kind, found in _changed(old, new, rejected).items():
                changes[kind] += found
    except (OSError, ValueError) as error:
        raise ReleaseError(
            f"{before} and {after} cannot be compared: {str(error).splitlines()[0]}. Compare"
            " others; `menagerie release` builds a damaged current one anew."
        ) from None
    return Differences(before, after, (before_count, after_count), changes)


def _ranges(release: Path, lot: int) -> Iterator[pc.Expression]:
    """Cut all ids into ranges of which each holds about `lot` photos of a release."""
    sampled: list[str] = []
    every = max(1, lot // 100)
    with pq.ParquetFile(release / "manifest.parquet") as manifest:
        for batch in manifest.iter_batches(columns=["photo_id"]):
            sampled += batch["photo_id"][::every].to_pylist()
    bounds = [None, *sorted(sampled)[lot // every :: lot // every], None]
    for low, high in pairwise(bounds):
        ids = pc.scalar(True)
        ids = ids if low is None else ids & (pc.field("photo_id") >= low)
        yield ids if high is None else ids & (pc.field("photo_id") < high)


def _manifest(release: Path, ids: pc.Expression) -> pa.Table:
    return _table(release / "manifest.parquet", [*_KEY, *_COMPARED.values()], ids)


def _table(path: Path, columns: list[str], ids: pc.Expression) -> pa.Table:
    return pq.read_table(path, columns=columns, filters=ids)


def _changed(old: pa.Table, new: pa.Table, rejected: pa.Table) -> dict[str, list[Change]]:
    both = old.join(new, _KEY, join_type="inner", left_suffix="_before", use_threads=False)
    return {
        "added": _changes(_lacking(new, old)),
        "dropped": _dropped(_lacking(old, new), rejected),
        **{kind: _compared(both, column) for kind, column in _COMPARED.items()},
    }


def _lacking(photos: pa.Table, others: pa.Table) -> pa.Table:
    return photos.join(others.select(_KEY), _KEY, join_type="left anti", use_threads=False)


def _dropped(photos: pa.Table, rejected: pa.Table) -> list[Change]:
    """Say of photos that are gone why the later release does not hold them."""
    told = photos.join(rejected, "photo_id", join_type="left outer", use_threads=False)
    reasons = told["reason"].fill_null(NO_LONGER_FOUND)
    return _changes(told.set_column(told.column_names.index("reason"), "reason", reasons))


def _compared(both: pa.Table, column: str) -> list[Change]:
    old, new = both[f"{column}_before"], both[column]
    differs = pc.not_equal(old, new)
    table = pa.table(
        {
            "photo_id": both["photo_id"],
            "label": both["label"],
            "before": old,
            "after": new,
        }
    )
    return _changes(table.filter(differs))


def _changes(photos: pa.Table) -> list[Change]:
    kept = [name for name in photos.column_names if name in Change.__dataclass_fields__]
    rows = photos.select(kept).sort_by("photo_id")
    return [Change(**row) for batch in rows.to_batches() for row in batch.to_pylist()]
