"""What is known of how a release leans: whose photos it holds, and of which years."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from menagerie.release.keys import keys_of
from menagerie.release.tables import Row, batches_of, count_rows, rows_of

_OLDEST_PHOTO = 1826


@dataclass(frozen=True, slots=True)
class Owners:
    """How many photographers there are, and which share of the photos the busiest have."""

    count: int
    top: float
    top_ten: float
    unknown: int


def owners_of(manifest: Path) -> Owners:
    """Count the owners; photos whose owner nobody knows are counted apart."""
    samples = count_rows(manifest)
    known = (row["owner"] for row in rows_of(manifest, "owner") if row["owner"])
    _, counts = np.unique(keys_of(known), return_counts=True)
    busiest = np.sort(counts)[::-1][:10].tolist()
    return Owners(
        count=len(counts),
        top=sum(busiest[:1]) / max(1, samples),
        top_ten=sum(busiest) / max(1, samples),
        unknown=samples - int(counts.sum()),
    )


@dataclass(frozen=True, slots=True)
class Year:
    """How many photos were taken and uploaded in a year; `name` is a number, or `unknown`."""

    name: str
    taken: int
    uploaded: int


def years_of(manifest: Path) -> list[Year]:
    """Count photos by year, the oldest first; what is not known comes last."""
    taken, uploaded = Counter[str](), Counter[str]()
    for batch in batches_of(manifest, "uploaded_at", "taken_at"):
        rows = batch.to_pylist()
        taken.update(map(_taken, rows))
        uploaded.update(map(_uploaded, rows))
    # "unknown" sorts behind digits.
    return [Year(name, taken[name], uploaded[name]) for name in sorted(taken | uploaded)]


def _uploaded(photo: Row) -> str:
    if not photo["uploaded_at"]:
        return "unknown"
    return str(datetime.fromtimestamp(photo["uploaded_at"], UTC).year)


def _taken(photo: Row) -> str:
    """Return the year in which a photo says it was taken, unless that cannot be."""
    found = re.match(r"\d{4}", photo["taken_at"] or "")
    # Cameras without a clock tell of the year 0 or of one to come.
    if found is None or int(found[0]) < _OLDEST_PHOTO:
        return "unknown"
    return found[0] if found[0] <= _uploaded(photo) else "unknown"
