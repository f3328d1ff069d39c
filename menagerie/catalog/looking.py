"""What reviewing a dataset needs of all its photos, and of the few on a page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.orm import aliased

from menagerie.catalog.answers import Word, newest_words
from menagerie.catalog.database import Catalog
from menagerie.catalog.decisions import standings, told_photos
from menagerie.catalog.joining import FINGERPRINT_OF_FILE
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.reporting import FIGURES
from menagerie.catalog.tables import (
    decisions,
    files,
    fingerprints,
    photos,
    runs,
    scores,
    scorings,
    sightings,
    verdicts,
)
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import Choice, counted
from menagerie.recipe import Recipe

_LOT = 500

Looked = tuple[Any, ...]
"""key, label, how many labels, reason, group key, owner, SHA-256, score, width, height, figures."""


def photos_to_look_at(catalog: Catalog, recipe: Recipe) -> Sequence[Looked]:
    """Return every photo of a dataset that has a verdict, as `Looked`, in the order of keys."""
    found = (
        select(
            sightings.c.photo_key,
            func.min(sightings.c.label).label("label"),
            func.count(sightings.c.label.distinct()).label("labels"),
        )
        .where(asked_for(recipe))
        .group_by(sightings.c.photo_key)
        .subquery()
    )
    query = (
        select(
            found.c.photo_key,
            found.c.label,
            found.c.labels,
            verdicts.c.reason,
            verdicts.c.group_key,
            photos.c.owner,
            files.c.sha256,
            scores.c.score,
            fingerprints.c.width,
            fingerprints.c.height,
            *(fingerprints.c[name] for name in FIGURES),
        )
        .select_from(found)
        .join(
            verdicts,
            (verdicts.c.photo_key == found.c.photo_key) & (verdicts.c.dataset == recipe.name),
        )
        .join(photos, photos.c.key == found.c.photo_key)
        .outerjoin(files, files.c.photo_key == found.c.photo_key)
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .outerjoin(
            scores,
            (scores.c.dataset == recipe.name)
            & (scores.c.sha256 == files.c.sha256)
            & (scores.c.label == found.c.label),
        )
        .where(photos.c.source == dataset_source(catalog, recipe.name))
        .order_by(found.c.photo_key)
    )
    with catalog.begin() as connection:
        return connection.execute(query).all()


def stamp_of(catalog: Catalog, dataset: str) -> tuple[Any, ...]:
    """Return what changes whenever a stage ends, and with it verdicts, scores or photos."""
    with catalog.begin() as connection:
        newest = select(func.max(runs.c.run), func.max(runs.c.ended_at), func.count())
        run = connection.execute(newest.where(runs.c.dataset == dataset)).one()
        scored = select(scorings.c.inputs).where(scorings.c.dataset == dataset)
        last = select(func.max(verdicts.c.photo_key)).where(verdicts.c.dataset == dataset)
        return (*run, connection.scalar(scored), connection.scalar(last))


_Holding = tuple[tuple[str, ...], Choice | None]
Decided = dict[int, _Holding]
"""By photo key, the labels under which it counts, and what a person decided: see `counted`."""


def decided_since(catalog: Catalog, recipe: Recipe, after: int) -> tuple[int, Decided]:
    """Return the number of the newest decision, and what holds now of photos decided on since.

    `after` is the number of the newest decision that is known already; 0 for none.
    """
    with catalog.begin() as connection:
        newest = connection.scalar(select(func.max(decisions.c.decision))) or 0
        if newest == after:
            return newest, {}
        # What was forgotten took the newest ones with it.
        since = after if newest > after else 0
        told = connection.execute(told_photos(recipe.labels, since))
        keys = sorted({row.photo_key for row in told})
        found: Decided = {}
        for start in range(0, len(keys), _LOT):
            lot = keys[start : start + _LOT]
            labels = labels_of(connection, recipe, lot)
            said = standings(connection, recipe.labels, lot)
            found |= {key: counted(said.get(key), labels[key]) for key in lot if key in labels}
    return newest, found


def labels_of(
    connection: Connection, recipe: Recipe, keys: Sequence[int]
) -> dict[int, tuple[str, ...]]:
    """Return the labels, sorted, under which some photos were found."""
    rows = connection.execute(
        select(sightings.c.photo_key, sightings.c.label)
        .where(asked_for(recipe), sightings.c.photo_key.in_(keys))
        .distinct()
        .order_by(sightings.c.label)
    )
    labels: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        labels[row.photo_key].append(row.label)
    return {key: tuple(found) for key, found in labels.items()}


@dataclass(frozen=True, slots=True)
class Details:
    """A photo on a page, without its credits; `labels` are those that it was found under.

    `label` and `choice` are what holds now; `word` is the newest decision. `uploaded_at` is in
    unix seconds, 0 where nobody knows.
    """

    key: int
    photo_id: str
    owner: str
    uploaded_at: int
    sha256: str | None
    bytes: int | None
    width: int | None
    height: int | None
    is_sound: bool
    is_gone: bool
    phash: int | None
    reason: Reason
    instead_of: str | None
    group_key: int | None
    labels: tuple[str, ...]
    label: str
    choice: Choice | None
    word: Word | None


def details_of(catalog: Catalog, recipe: Recipe, keys: Sequence[int]) -> dict[int, Details]:
    """Return the photos of some keys that a dataset has."""
    better = aliased(photos)
    query = (
        select(
            photos.c.key,
            photos.c.photo_id,
            photos.c.owner,
            photos.c.uploaded_at,
            photos.c.gone_at,
            files.c.sha256,
            files.c.bytes,
            fingerprints.c.width,
            fingerprints.c.height,
            fingerprints.c.phash,
            verdicts.c.reason,
            verdicts.c.group_key,
            better.c.photo_id.label("instead_of"),
        )
        .join(
            verdicts,
            (verdicts.c.photo_key == photos.c.key) & (verdicts.c.dataset == recipe.name),
        )
        .outerjoin(better, better.c.key == verdicts.c.instead_key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .where(photos.c.key.in_(keys))
    )
    with catalog.begin() as connection:
        rows = {row.key: row for row in connection.execute(query)}
        labels = labels_of(connection, recipe, keys)
        said = standings(connection, recipe.labels, keys)
        words = newest_words(connection, recipe.labels, keys)
    return {
        key: _details(rows[key], labels[key], counted(said.get(key), labels[key]), words.get(key))
        for key in keys
        if key in rows and key in labels
    }


def _details(
    row: Any,
    labels: tuple[str, ...],
    holds: tuple[tuple[str, ...], Choice | None],
    word: Word | None,
) -> Details:
    (label, *_), choice = holds
    return Details(
        key=row.key,
        photo_id=row.photo_id,
        owner=row.owner,
        uploaded_at=row.uploaded_at,
        sha256=row.sha256,
        bytes=row.bytes,
        width=row.width,
        height=row.height,
        is_sound=row.phash is not None,
        is_gone=row.gone_at is not None,
        phash=row.phash,
        reason=Reason(row.reason),
        instead_of=row.instead_of,
        group_key=row.group_key,
        labels=labels,
        label=label,
        choice=choice,
        word=word,
    )


def keys_of_ids(catalog: Catalog, source: str, photo_ids: Sequence[str]) -> set[int]:
    """Return the keys of the photos of some ids."""
    found: set[int] = set()
    with catalog.begin() as connection:
        for start in range(0, len(photo_ids), _LOT):
            lot = photo_ids[start : start + _LOT]
            query = select(photos.c.key).where(
                photos.c.source == source, photos.c.photo_id.in_(lot)
            )
            found.update(connection.scalars(query))
    return found


def said_between(catalog: Catalog, dataset: str, since: int, until: int) -> dict[Choice, int]:
    """Count what was decided after one moment and up to another, by choice.

    Of each photo the last word counts. To take back what was said within that time changes
    nothing, and does not count.
    """
    within = (
        decisions.c.dataset == dataset,
        decisions.c.decided_at > since,
        decisions.c.decided_at <= until,
    )
    # Of a photo that nobody knows any more there are the bytes.
    photo = decisions.c.source, func.coalesce(decisions.c.photo_id, decisions.c.sha256)
    last = select(func.max(decisions.c.decision)).where(*within).group_by(*photo)
    former = decisions.alias()
    was_decided = exists().where(
        former.c.dataset == dataset,
        former.c.source == decisions.c.source,
        former.c.photo_id == decisions.c.photo_id,
        former.c.decided_at <= since,
    )
    query = (
        select(decisions.c.choice, func.count())
        .where(
            decisions.c.decision.in_(last), (decisions.c.choice != Choice.WITHDRAW) | was_decided
        )
        .group_by(decisions.c.choice)
    )
    with catalog.begin() as connection:
        return {Choice(choice): count for choice, count in connection.execute(query)}
