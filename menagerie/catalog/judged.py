"""The judged photos of a dataset: as many numbers first, and each one's record when it is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import aliased

from menagerie.catalog.joining import FINGERPRINT_OF_FILE
from menagerie.catalog.labels import decided_labels
from menagerie.catalog.photos import asked_for
from menagerie.catalog.tables import (
    files,
    fingerprints,
    photos,
    sightings,
    split_assignments,
    tiles,
    verdicts,
)
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import FOR, Choice
from menagerie.errors import ReleaseError
from menagerie.photos.row import Side
from menagerie.recipe import Recipe

PERSON, RULES = "person", "rules"
"""Who decided that a photo stands where it does."""

_ROWS_AT_ONCE = 1_000


class Contender(NamedTuple):
    """What it takes to choose who stands in a release, and where.

    `given` is the side on which its source puts a photo, `earlier` that of earlier releases.
    """

    key: int
    photo_id: str
    label: str
    owner: str
    reason: Reason
    group_key: int | None
    given: Side | None = None
    earlier: Side | None = None


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
    sha256: str | None
    width: int | None
    height: int | None
    block: str | None
    row: int | None
    decided_by: str = RULES


class JudgedPhotos:
    """Reads the judged photos of a dataset within a transaction."""

    def __init__(self, connection: Connection, recipe: Recipe, spec: str, source: str) -> None:
        self._connection = connection
        self._recipe = recipe
        self._spec = spec
        self._source = source
        self._decided = decided_labels(connection, recipe)

    def contenders(self) -> Iterator[Contender]:
        """Yield every judged photo, in no order."""
        chosen = _contenders(self._recipe, self._source)
        for row in self._connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(chosen):
            contender = Contender._make(row)
            labels, _ = self._decided.get(contender.key, ((contender.label,), None))
            reason = Reason(contender.reason)
            # Each release decides afresh which photos would tie both sides together.
            if reason is Reason.BRIDGES_SPLIT:
                reason = Reason.ACCEPTED
            yield contender._replace(label=labels[0], reason=reason)

    def lots(self, keys: NDArray[np.int64]) -> Iterator[list[Judged]]:
        """Yield the records of photos, int64 (n,) keys, in that order, a thousand at a time.

        Raises:
            ReleaseError: photos were taken out of the catalog meanwhile.
        """
        for start in range(0, len(keys), _ROWS_AT_ONCE):
            wanted = keys[start : start + _ROWS_AT_ONCE].tolist()
            rows = self._connection.execute(_records(self._recipe, self._spec, wanted))
            found = {row.key: row._asdict() for row in rows}
            if len(found) < len(wanted):
                raise ReleaseError(
                    f"{len(wanted) - len(found)} photos were taken out of {self._recipe.name} while"
                    f" it was released. Run `menagerie release {self._recipe.name}` again; nothing"
                    " was published."
                )
            yield [self._told(found[key]) for key in wanted]

    def _told(self, row: dict[str, Any]) -> Judged:
        """Put what a person decided into a judged photo."""
        reason = Reason(row["reason"])
        labels, choice = self._decided.get(row["key"], ((row["label"],), None))
        told = {"label": labels[0], "reason": reason, "decided_by": _decider(reason, choice)}
        return Judged(**{**row, **told})


def _decider(reason: Reason, choice: Choice | None) -> str:
    in_release = reason in {Reason.ACCEPTED, Reason.BRIDGES_SPLIT}
    by_person = reason is Reason.REJECTED_BY_PERSON or (in_release and choice in FOR)
    return PERSON if by_person else RULES


def _seen(recipe: Recipe, column: Any) -> Any:
    """Return the least value of a sighting's column, for each photo."""
    return (
        select(func.min(column))
        .where(asked_for(recipe), sightings.c.photo_key == photos.c.key)
        .scalar_subquery()
    )


def _contenders(recipe: Recipe, source: str) -> Select[tuple[object, ...]]:
    return (
        select(
            photos.c.key,
            photos.c.photo_id,
            _seen(recipe, sightings.c.label).label("label"),
            photos.c.owner,
            verdicts.c.reason,
            verdicts.c.group_key,
            _seen(recipe, sightings.c.given_side).label("given"),
            split_assignments.c.split,
        )
        .select_from(verdicts)
        .join(photos, photos.c.key == verdicts.c.photo_key)
        .outerjoin(
            split_assignments,
            (split_assignments.c.photo_key == photos.c.key)
            & (split_assignments.c.dataset == recipe.name),
        )
        .where(verdicts.c.dataset == recipe.name, photos.c.source == source)
    )


def _records(recipe: Recipe, spec: str, keys: list[int]) -> Select[tuple[object, ...]]:
    better = aliased(photos)
    return (
        select(
            photos.c.key,
            photos.c.photo_id,
            _seen(recipe, sightings.c.label).label("label"),
            photos.c.owner,
            photos.c.owner_name,
            photos.c.title,
            photos.c.license,
            photos.c.page_url,
            photos.c.uploaded_at,
            photos.c.taken_at,
            verdicts.c.reason,
            better.c.photo_id.label("instead_of"),
            files.c.sha256,
            fingerprints.c.width,
            fingerprints.c.height,
            tiles.c.block,
            tiles.c.row,
        )
        .select_from(photos)
        .join(
            verdicts,
            (verdicts.c.photo_key == photos.c.key) & (verdicts.c.dataset == recipe.name),
        )
        .outerjoin(better, better.c.key == verdicts.c.instead_key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .outerjoin(tiles, (tiles.c.sha256 == files.c.sha256) & (tiles.c.spec == spec))
        .where(photos.c.key.in_(keys))
    )
