"""What the catalog knows of the photos of a release."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from menagerie.catalog.database import Catalog
from menagerie.catalog.labels import decided_labels
from menagerie.catalog.tables import files, photos, split_assignments, tiles
from menagerie.catalog.tombstones import forgotten
from menagerie.curation.standing import Choice
from menagerie.photos.row import Side
from menagerie.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Known:
    """A photo as the catalog has it; `side` is the one it was given for ever."""

    key: int
    owner: str
    license: str
    tags: str
    media: str
    gone: bool
    sha256: str | None
    side: Side | None
    # A released photo was fetched: whether its source still names a file is not asked.
    fetchable: bool = True


def known_photos(
    catalog: Catalog, dataset: str, source: str, photo_ids: Collection[str]
) -> dict[str, Known]:
    """Return what is known of some photos, by id; a few hundred at a time."""
    query = (
        select(
            photos.c.photo_id,
            photos.c.key,
            photos.c.owner,
            photos.c.license,
            photos.c.tags,
            photos.c.media,
            photos.c.gone_at.is_not(None),
            files.c.sha256,
            split_assignments.c.split,
        )
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .outerjoin(
            split_assignments,
            (split_assignments.c.photo_key == photos.c.key)
            & (split_assignments.c.dataset == dataset),
        )
        .where(photos.c.source == source, photos.c.photo_id.in_(photo_ids))
    )
    with catalog.begin() as connection:
        return {photo_id: Known(*known) for photo_id, *known in connection.execute(query)}


def tile_places(
    catalog: Catalog, spec: str, sha256s: Collection[str]
) -> dict[str, tuple[str, int]]:
    """Return the block and the row of the tiles of some files; a few hundred at a time."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(tiles.c.sha256, tiles.c.block, tiles.c.row).where(
                tiles.c.spec == spec, tiles.c.sha256.in_(sha256s)
            )
        )
        return {row.sha256: (row.block, row.row) for row in rows}


def forgotten_among(catalog: Catalog, source: str, owners: Mapping[str, str]) -> set[str]:
    """Return which photos, each with its owner, are to be forgotten."""
    with catalog.begin() as connection:
        return forgotten(connection, source, owners)


def decided_photos(
    catalog: Catalog, recipe: Recipe
) -> dict[int, tuple[tuple[str, ...], Choice | None]]:
    """Return under which labels photos count by what people decided: see `decided_labels`."""
    with catalog.begin() as connection:
        return decided_labels(connection, recipe)
