"""What stands in releases, on which side, and which models were trained on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.tables import models, releases, runs, split_assignments, verdicts
from menagerie.curation.reasons import Reason
from menagerie.photos.row import Side

_KEYS_AT_ONCE = 10_000


def record_sides(
    catalog: Catalog,
    dataset: str,
    sides: Mapping[Side, NDArray[np.int64]],
    bridges: NDArray[np.int64],
) -> None:
    """Keep the sides for ever, and note which photos were left out as bridges; all by key."""
    with catalog.begin() as connection:
        for side, keys in sides.items():
            for lot in _lots(keys):
                rows = [{"dataset": dataset, "photo_key": key, "split": side} for key in lot]
                upsert(connection, split_assignments, rows, [])
        for lot in _lots(bridges):
            connection.execute(
                update(verdicts)
                .where(verdicts.c.dataset == dataset, verdicts.c.photo_key.in_(lot))
                .values(reason=Reason.BRIDGES_SPLIT.value)
            )


def _lots(keys: NDArray[np.int64]) -> Iterator[list[int]]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE].tolist()


def release_of_inputs(catalog: Catalog, dataset: str, inputs: str) -> str | None:
    """Return the release that was made of these inputs, if any."""
    with catalog.begin() as connection:
        return connection.scalar(
            select(releases.c.release_id).where(
                releases.c.dataset == dataset, releases.c.inputs == inputs
            )
        )


def record_release(
    catalog: Catalog, dataset: str, release_id: str, inputs: str, source: str | None = None
) -> None:
    """Record a published release; its photos are those of the dataset, or of another `source`."""
    row = {
        "dataset": dataset,
        "release_id": release_id,
        "inputs": inputs,
        "source": dataset_source(catalog, dataset) if source is None else source,
        "created_at": now(),
    }
    with catalog.begin() as connection:
        upsert(connection, releases, [row], ["inputs", "source"])


def record_model(
    catalog: Catalog, dataset: str, model_id: str, release_id: str, accuracy: float | None
) -> None:
    """Record a trained model, and its test accuracy once it is known."""
    row = {
        "dataset": dataset,
        "model_id": model_id,
        "release_id": release_id,
        "accuracy": accuracy,
        "created_at": now(),
    }
    with catalog.begin() as connection:
        upsert(connection, models, [row], [] if accuracy is None else ["accuracy"])


@dataclass(frozen=True, slots=True)
class Run:
    """A stage that ran or runs; times in unix seconds."""

    stage: str
    started_at: int
    ended_at: int | None
    outcome: str | None


def start_run(catalog: Catalog, dataset: str, stage: str) -> int:
    """Record that a stage starts; return the number to end it by."""
    with catalog.begin() as connection:
        result = connection.execute(
            runs.insert().values(dataset=dataset, stage=stage, started_at=now())
        )
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])


def end_run(catalog: Catalog, run: int, outcome: str) -> None:
    """Record how a stage ended."""
    with catalog.begin() as connection:
        connection.execute(
            update(runs).where(runs.c.run == run).values(ended_at=now(), outcome=outcome)
        )


def last_runs(catalog: Catalog, dataset: str) -> list[Run]:
    """Return the last run of each stage, the newest first."""
    newest = (
        select(func.max(runs.c.run))
        .where(runs.c.dataset == dataset)
        .group_by(runs.c.stage)
        .scalar_subquery()
    )
    with catalog.begin() as connection:
        rows = connection.execute(
            select(runs.c.stage, runs.c.started_at, runs.c.ended_at, runs.c.outcome)
            .where(runs.c.run.in_(newest))
            .order_by(runs.c.run.desc())
        )
        return [Run(*row) for row in rows]
