"""The photos that people decide on."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from menagerie.catalog.database import Catalog
from menagerie.catalog.decisions import standings
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.tables import files, photos, sightings, verdicts
from menagerie.curation.standing import Standing
from menagerie.recipe import Recipe

_LOT = 500


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A photo of a dataset: the labels that it was found under, sorted, and what was decided.

    `sha256` is None while it is not fetched, `group_key` while it is not judged.
    """

    key: int
    photo_id: str
    sha256: str | None
    group_key: int | None
    labels: tuple[str, ...]
    standing: Standing


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
            sightings.c.label,
        )
        .join(sightings, sightings.c.photo_key == photos.c.key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .outerjoin(
            verdicts,
            (verdicts.c.photo_key == photos.c.key) & (verdicts.c.dataset == recipe.name),
        )
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
        Judgeable(key, photo_id, sha256, group, tuple(sorted(labels[key])), said.get(key, {}))
        for key, photo_id, sha256, group in dict.fromkeys(row[:4] for row in rows)
    ]


def known_ids(catalog: Catalog, dataset: str, photo_ids: Sequence[str]) -> set[str]:
    """Return which ids are those of photos of a dataset."""
    return _known(catalog, dataset, photos.c.photo_id, photo_ids)


def known_bytes(catalog: Catalog, dataset: str, sha256s: Sequence[str]) -> set[str]:
    """Return which bytes are those of photos of a dataset."""
    return _known(catalog, dataset, files.c.sha256, sha256s)


def _known(
    catalog: Catalog, dataset: str, column: ColumnElement[str], values: Sequence[str]
) -> set[str]:
    query = (
        select(column)
        .select_from(photos)
        .join(sightings, sightings.c.photo_key == photos.c.key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .where(photos.c.source == dataset_source(catalog, dataset), sightings.c.dataset == dataset)
        .distinct()
    )
    with catalog.begin() as connection:
        return {
            value
            for start in range(0, len(values), _LOT)
            for value in connection.scalars(query.where(column.in_(values[start : start + _LOT])))
        }
