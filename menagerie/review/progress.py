"""How far people have come, and what their decisions did to the last model's accuracy."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.history import model_times, release_times
from menagerie.catalog.looking import said_between
from menagerie.learning.listing import Entry, list_models
from menagerie.review.listing import REASONS, SOUND, Listing


@dataclass(frozen=True, slots=True)
class Step:
    """From one model to the next: its accuracy before and after, and what was decided between.

    `before` and `accuracy_before` are None for the first model. `said` counts the decisions
    between the releases that the two were trained on, by choice: other things may have changed
    as well. `interval` is that of `accuracy`.
    """

    model: str
    release: str
    accuracy: float
    interval: tuple[float, float] | None
    before: str | None
    accuracy_before: float | None
    said: dict[str, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """Photos decided on and left; decisions that no release heeds yet, by choice; the last model.

    `left` are those that a reviewer is to look at: sound, and nobody decided.
    """

    decided: int
    left: int
    fresh: dict[str, int]
    step: Step | None

    def to_json(self) -> dict[str, Any]:
        """Return the document of the API."""
        return asdict(self)


def counts_of(listing: Listing) -> tuple[int, int]:
    """Return how many photos of a listing are decided on, and how many are left."""
    sound = np.isin(listing.columns.reasons, [REASONS.index(reason) for reason in SOUND])
    return int(listing.decided.sum()), int((sound & ~listing.decided).sum())


def progress_of(catalog: Catalog, listing: Listing, dataset_dir: Path) -> Progress:
    """Return how far people have come with a dataset."""
    name = listing.recipe.name
    decided, left = counts_of(listing)
    made = release_times(catalog, name)
    newest = max(made.values(), default=0)
    fresh = said_between(catalog, name, newest, now())
    return Progress(
        decided=decided,
        left=left,
        fresh={choice.value: count for choice, count in fresh.items()},
        step=_step(catalog, name, dataset_dir, made),
    )


def _step(catalog: Catalog, name: str, dataset_dir: Path, made: dict[str, int]) -> Step | None:
    """Compare the newest model with the newest one that was trained on an earlier release."""
    listed = list_models(dataset_dir, model_times(catalog, name))
    models = [model for model in listed if model.accuracy is not None]
    if not models:
        return None
    last = models[0]
    before = next((m for m in models if made.get(m.release, 0) < made.get(last.release, 0)), None)
    said: Counter[str] = Counter()
    if before is not None:
        between = said_between(catalog, name, made.get(before.release, 0), made[last.release])
        said.update({choice.value: count for choice, count in between.items()})
    return _told(last, before, dict(said))


def _told(last: Entry, before: Entry | None, said: dict[str, int]) -> Step:
    assert last.accuracy is not None
    return Step(
        model=last.id,
        release=last.release,
        accuracy=last.accuracy,
        interval=last.interval,
        before=before.id if before else None,
        accuracy_before=before.accuracy if before else None,
        said=said,
    )
