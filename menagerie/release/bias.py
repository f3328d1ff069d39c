"""What is known of how a release leans: whose photos it holds, and of which years."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from menagerie.catalog.releases import Judged

_OLDEST_PHOTO = 1826


@dataclass(frozen=True, slots=True)
class Owners:
    """How many photographers there are, and which share of the photos the busiest have."""

    count: int
    top: float
    top_ten: float
    unknown: int


def owners_of(photos: Sequence[Judged]) -> Owners:
    """Count the owners; photos whose owner nobody knows are counted apart."""
    counts = Counter(photo.owner for photo in photos if photo.owner)
    busiest = [n for _, n in counts.most_common(10)]
    return Owners(
        count=len(counts),
        top=sum(busiest[:1]) / max(1, len(photos)),
        top_ten=sum(busiest) / max(1, len(photos)),
        unknown=len(photos) - counts.total(),
    )


@dataclass(frozen=True, slots=True)
class Year:
    """How many photos were taken and uploaded in a year; `name` is a number, or `unknown`."""

    name: str
    taken: int
    uploaded: int


def years_of(photos: Sequence[Judged]) -> list[Year]:
    """Count photos by year, the oldest first; what is not known comes last."""
    uploaded = Counter(_uploaded(photo) for photo in photos)
    taken = Counter(_taken(photo) for photo in photos)
    # "unknown" sorts behind digits.
    return [Year(name, taken[name], uploaded[name]) for name in sorted(taken | uploaded)]


def _uploaded(photo: Judged) -> str:
    if not photo.uploaded_at:
        return "unknown"
    return str(datetime.fromtimestamp(photo.uploaded_at, UTC).year)


def _taken(photo: Judged) -> str:
    """Return the year in which a photo says it was taken, unless that cannot be."""
    found = re.match(r"\d{4}", photo.taken_at or "")
    # Cameras without a clock tell of the year 0 or of one to come.
    if found is None or int(found[0]) < _OLDEST_PHOTO:
        return "unknown"
    return found[0] if found[0] <= _uploaded(photo) else "unknown"
