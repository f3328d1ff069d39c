"""The photos that people decide on."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select

from menagerie.catalog.database import Catalog
from menagerie.catalog.decisions import standings
from menagerie.catalog.joining import FINGERPRINT_OF_FILE
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.tables import files, fingerprints, photos, sightings, verdicts
from menagerie.curation.reasons import NEVER_OUTRANKED, Reason
from menagerie.curation.standing import Standing
from menagerie.recipe import Recipe

_LOT = 500


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A photo of a dataset: the labels that it was found under, sorted, and what was decided.

    `sha256` is None while it is not fetched, `group_key` while it is not judged. `obstacle` is
    what keeps it out whatever is decided, if anything does.
    """

    key: int
    photo_id: str
    sha256: str | None
    group_key: int | None
    obstacle: Reason | None
    labels: tuple[str, ...]
    standing: Standing


# A verdict can hide a fault: what a person rejected, or an owner has too many of, may be broken.
_OBSTACLE = case(
    (photos.c.gone_at.is_not(None), Reason.GONE.value),
    (verdicts.c.reason.in_(sorted(reason.value for reason in NEVER_OUTRANKED)), verdicts.c.reason),
    else_=func.coalesce(files.c.fault, fingerprints.c.fault),
).label("obstacle")


def photo_of_id(catalog: Catalog, recipe: Recipe, photo_id: str) -> list[Judgeable]:
    """Return the photo of an id, if the dataset has it."""
    return _find(catalog, recipe, photos.c.photo_id == photo_id)


def photos_of_bytes(catalog: Catalog, recipe: Recipe, sha256: str) -> list[Judgeable]:
    """Return the photos of a dataset that have the same bytes, in the order of ids."""
    return _find(catalog, recipe, files.c.sha256 == sha256)


def photos_of_groups(catalog: Catalog, recipe: Recipe, groups: Collection[int]) -> list[Judgeable]:
    """Return the photos of groups of near-duplicates, in the order of ids."""
    return _find(catalog, recipe, verdicts.c.group_key.in_(groups))


def _find(catalog: Catalog, recipe: Recipe, chosen: ColumnElement[bool]) -> list[Judgeable]:
    query = (
        select(
            photos.c.key,
            photos.c.photo_id,
            files.c.sha256,
            verdicts.c.group_key,
            _OBSTACLE,
            sightings.c.label,
        )
        .join(sightings, sightings.c.photo_key == photos.c.key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .outerjoin(
            verdicts,
            (verdicts.c.photo_key == photos.c.key) & (verdicts.c.dataset == recipe.name),
        )
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .where(asked_for(recipe), photos.c.source == dataset_source(catalog, recipe.name), chosen)
        .order_by(photos.c.photo_id)
        .distinct()
    )
    with catalog.begin() as connection:
        rows = connection.execute(query).all()
        labels: dict[int, list[str]] = defaultdict(list)
        for row in rows:
            labels[row.key].append(row.label)
        said = standings(connection, recipe.labels, labels)
    return [
        Judgeable(
            key,
            photo_id,
            sha256,
            group,
            _obstacle(why),
            tuple(sorted(labels[key])),
            said.get(key, {}),
        )
        for key, photo_id, sha256, group, why in dict.fromkeys(row[:5] for row in rows)
    ]


def _obstacle(why: str | None) -> Reason | None:
    return Reason(why) if why in NEVER_OUTRANKED else None


def bytes_of_ids(catalog: Catalog, dataset: str, photo_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the bytes of the photos that a dataset has of some ids; None while not fetched."""
    query = _photos_of(catalog, dataset, select(photos.c.photo_id, files.c.sha256))
    return {row.photo_id: row.sha256 for row in _rows(catalog, query, photos.c.photo_id, photo_ids)}


def known_bytes(catalog: Catalog, dataset: str, sha256s: Sequence[str]) -> set[str]:
    """Return which bytes are those of photos of a dataset."""
    query = _photos_of(catalog, dataset, select(files.c.sha256))
    return {row.sha256 for row in _rows(catalog, query, files.c.sha256, sha256s)}


def held_bytes(catalog: Catalog, sha256s: Sequence[str]) -> set[str]:
    """Return which bytes are those of any photo, of whatever dataset."""
    query = select(files.c.sha256).distinct()
    return {row.sha256 for row in _rows(catalog, query, files.c.sha256, sha256s)}


def _photos_of(catalog: Catalog, dataset: str, chosen: Select[Any]) -> Select[Any]:
    return (
        chosen.select_from(photos)
        .join(sightings, sightings.c.photo_key == photos.c.key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .where(photos.c.source == dataset_source(catalog, dataset), sightings.c.dataset == dataset)
        .distinct()
    )


def _rows(
    catalog: Catalog, query: Select[Any], column: ColumnElement[str], values: Sequence[str]
) -> Iterator[Row[Any]]:
    """Yield what a query finds where a column has one of the values."""
    with catalog.begin() as connection:
        for start in range(0, len(values), _LOT):
            yield from connection.execute(query.where(column.in_(values[start : start + _LOT])))
