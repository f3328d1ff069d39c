"""Where a dataset stands: the funnel, its release, its model, its last runs."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.releases import Run, last_runs
from menagerie.catalog.searches import Coverage, coverage
from menagerie.curation.reasons import Reason, State
from menagerie.errors import MissingModelError, MissingReleaseError
from menagerie.flickr.search import signature
from menagerie.learning.evaluate import read_metrics
from menagerie.learning.folder import champion, is_complete
from menagerie.recipe import Recipe
from menagerie.release.arrays import read_classes, read_samples
from menagerie.release.current import current_release


@dataclass(frozen=True, slots=True)
class Status:
    """A dataset at one moment. `counts` holds photos by (label, reason)."""

    dataset: str
    labels: tuple[str, ...]
    counts: dict[tuple[str, Reason], int]
    release: dict[str, Any] | None
    model: dict[str, Any] | None
    runs: list[Run] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)

    @property
    def found(self) -> int:
        """How many photos were found; states and reasons sum to it."""
        return sum(self.counts.values())

    @property
    def reasons(self) -> dict[Reason, int]:
        """Photos by reason, in the order of the closed list."""
        by_reason = {
            reason: sum(n for (_, r), n in self.counts.items() if r is reason) for reason in Reason
        }
        return {reason: n for reason, n in by_reason.items() if n}

    @property
    def states(self) -> dict[State, int]:
        """Photos by state."""
        return {
            state: sum(n for reason, n in self.reasons.items() if reason.state is state)
            for state in State
        }

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie status --json`."""
        return {
            "dataset": self.dataset,
            "found": self.found,
            "states": {state.value: n for state, n in self.states.items()},
            "reasons": {reason.value: n for reason, n in self.reasons.items()},
            "release": self.release,
            "model": self.model,
            "coverage": [{**asdict(one), "share": one.share} for one in self.coverage],
            "runs": [
                {
                    "stage": run.stage,
                    "started_at": run.started_at,
                    "ended_at": run.ended_at,
                    "outcome": run.outcome,
                }
                for run in self.runs
            ],
        }


def read_status(catalog: Catalog, recipe: Recipe, dataset_dir: Path) -> Status:
    """Read where a dataset stands."""
    return Status(
        dataset=recipe.name,
        labels=recipe.labels,
        counts=funnel(catalog, recipe),
        release=_release(dataset_dir),
        model=_model(dataset_dir),
        runs=last_runs(catalog, recipe.name),
        coverage=coverage(
            catalog, recipe, dataset_source(catalog, recipe.name), signature(recipe.source)
        ),
    )


def _release(dataset_dir: Path) -> dict[str, Any] | None:
    try:
        folder = current_release(dataset_dir)
    except MissingReleaseError:
        return None
    entry: dict[str, Any] = {"id": folder.name, "path": str(folder)}
    try:
        train, test = read_samples(folder, "train").y, read_samples(folder, "test").y
        labels = read_classes(folder)
    except (MissingReleaseError, OSError, ValueError, EOFError) as error:
        return {**entry, "train": 0, "test": 0, "per_class": {}, "damage": str(error)}
    per_class = {
        label: {"train": int((train == number).sum()), "test": int((test == number).sum())}
        for number, label in enumerate(labels)
    }
    return {**entry, "train": len(train), "test": len(test), "per_class": per_class}


def _model(dataset_dir: Path) -> dict[str, Any] | None:
    try:
        folder = champion(dataset_dir)
    except MissingModelError:
        return None
    damaged = not is_complete(folder)
    # Figures of a model that cannot be asked any more would only reassure.
    metrics = None if damaged else read_metrics(folder)
    return {
        "id": folder.name,
        "path": str(folder),
        "damaged": damaged,
        "accuracy": metrics.accuracy if metrics else None,
        "interval": list(metrics.interval) if metrics else None,
        "release": metrics.release if metrics else None,
    }
