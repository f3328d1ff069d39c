"""What stands in releases, on which side, and which models were trained on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.tables import models, photos, releases, runs, split_assignments, verdicts
from menagerie.curation.reasons import Reason
from menagerie.photos.row import Side

_AT_ONCE = 10_000


def record_sides(catalog: Catalog, dataset: str, sides: Mapping[Side, NDArray[np.int64]]) -> None:
    """Keep the sides of photos, by key, for ever."""
    with catalog.begin() as connection:
        for side, keys in sides.items():
            for start in range(0, len(keys), _AT_ONCE):
                lot = keys[start : start + _AT_ONCE].tolist()
                rows = [{"dataset": dataset, "photo_key": key, "split": side} for key in lot]
                upsert(connection, split_assignments, rows, [])


def record_bridges(catalog: Catalog, dataset: str, photo_ids: Sequence[str]) -> None:
    """Note which photos were left out since they would tie both sides together."""
    source = dataset_source(catalog, dataset)
    with catalog.begin() as connection:
        for start in range(0, len(photo_ids), _AT_ONCE):
            bridges = select(photos.c.key).where(
                photos.c.source == source,
                photos.c.photo_id.in_(photo_ids[start : start + _AT_ONCE]),
            )
            connection.execute(
                update(verdicts)
                .where(verdicts.c.dataset == dataset, verdicts.c.photo_key.in_(bridges))
                .values(reason=Reason.BRIDGES_SPLIT.value)
            )


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
