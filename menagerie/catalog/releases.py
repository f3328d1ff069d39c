"""What stands in releases, on which side, and which models were trained on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import aliased

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.labels import decided_labels
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.tables import (
    files,
    fingerprints,
    models,
    photos,
    releases,
    runs,
    sightings,
    split_assignments,
    tiles,
    verdicts,
)
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import FOR, Choice
from menagerie.photos.decode import DECODER
from menagerie.photos.row import Side
from menagerie.recipe import Recipe

PERSON, RULES = "person", "rules"
"""Who decided that a photo stands where it does."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A photo with its verdict, ready to be released or listed as rejected.

    `decided_by` tells who put it there: `person` or `rules`.
    """

    key: int
    photo_id: str
    label: str
    owner: str
    owner_name: str
    title: str
    license: str
    page_url: str
    uploaded_at: int
    taken_at: str
    reason: Reason
    instead_of: str | None
    group_key: int | None
    sha256: str | None
    width: int | None
    height: int | None
    phash: int | None
    block: str | None
    row: int | None
    given_side: Side | None = None
    decided_by: str = RULES


def judged_photos(catalog: Catalog, recipe: Recipe, spec: str) -> list[Judged]:
    """Return every judged photo of a dataset, in the order of ids."""
    source = dataset_source(catalog, recipe.name)
    with catalog.begin() as connection:
        decided = decided_labels(connection, recipe)
        rows = connection.execution_options(yield_per=1000).execute(_judged(recipe, spec, source))
        return [_told(row._asdict(), *decided.get(row.key, ((row.label,), None))) for row in rows]


def _told(row: dict[str, Any], labels: Sequence[str], choice: Choice | None) -> Judged:
    """Put what a person decided into a judged photo."""
    reason = Reason(row["reason"])
    in_release = reason in {Reason.ACCEPTED, Reason.BRIDGES_SPLIT}
    by_person = reason is Reason.REJECTED_BY_PERSON or (in_release and choice in FOR)
    told = {"label": labels[0], "reason": reason, "decided_by": PERSON if by_person else RULES}
    return Judged(**{**row, **told})


def _judged(recipe: Recipe, spec: str, source: str) -> Select[tuple[object, ...]]:
    better = aliased(photos)
    label = (
        select(func.min(sightings.c.label))
        .where(asked_for(recipe), sightings.c.photo_key == photos.c.key)
        .scalar_subquery()
    )
    given_side = (
        select(func.min(sightings.c.given_side))
        .where(asked_for(recipe), sightings.c.photo_key == photos.c.key)
        .scalar_subquery()
    )
    return (
        select(
            photos.c.key,
            photos.c.photo_id,
            label.label("label"),
            photos.c.owner,
            photos.c.owner_name,
            photos.c.title,
            photos.c.license,
            photos.c.page_url,
            photos.c.uploaded_at,
            photos.c.taken_at,
            verdicts.c.reason,
            better.c.photo_id.label("instead_of"),
            verdicts.c.group_key,
            files.c.sha256,
            fingerprints.c.width,
            fingerprints.c.height,
            fingerprints.c.phash,
            tiles.c.block,
            tiles.c.row,
            given_side.label("given_side"),
        )
        .select_from(verdicts)
        .join(photos, photos.c.key == verdicts.c.photo_key)
        .outerjoin(better, better.c.key == verdicts.c.instead_key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .outerjoin(
            fingerprints,
            (fingerprints.c.sha256 == files.c.sha256) & (fingerprints.c.decoder == DECODER),
        )
        .outerjoin(tiles, (tiles.c.sha256 == files.c.sha256) & (tiles.c.spec == spec))
        .where(verdicts.c.dataset == recipe.name, photos.c.source == source)
        .order_by(photos.c.photo_id)
    )


def earlier_sides(catalog: Catalog, dataset: str) -> dict[str, Side]:
    """Return the side that each photo was given in an earlier release, by photo id."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(photos.c.photo_id, split_assignments.c.split)
            .join(photos, photos.c.key == split_assignments.c.photo_key)
            .where(
                split_assignments.c.dataset == dataset,
                photos.c.source == dataset_source(catalog, dataset),
            )
        )
        return {row.photo_id: row.split for row in rows}


def record_sides(
    catalog: Catalog, dataset: str, sides: Mapping[int, Side], bridges: Iterable[int]
) -> None:
    """Keep the sides for ever, and note which photos were left out as bridges."""
    with catalog.begin() as connection:
        upsert(
            connection,
            split_assignments,
            [{"dataset": dataset, "photo_key": key, "split": side} for key, side in sides.items()],
            [],
        )
        connection.execute(
            update(verdicts)
            .where(verdicts.c.dataset == dataset, verdicts.c.photo_key.in_(list(bridges)))
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
