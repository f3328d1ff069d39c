"""What a recheck asks of the catalog, and what it notes there.

Watched are the photos of a dataset whose going would be felt: they have a file or stand in a
release. A photo is unseen that was last seen before a recheck began.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.photos import asked_for
from menagerie.catalog.tables import files, photos, sightings, split_assignments, verdicts
from menagerie.flickr.parsers import PhotoInfo
from menagerie.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Watch:
    """The photos of a dataset, as its recipe has it, that a recheck begun at `since` watches."""

    recipe: Recipe
    source: str
    since: int

    def unseen(self) -> ColumnElement[bool]:
        """Choose the watched photos that were not seen since the recheck began."""
        stored = select(files.c.photo_key).where(files.c.sha256.is_not(None))
        released = select(split_assignments.c.photo_key).where(
            split_assignments.c.dataset == self.recipe.name
        )
        return and_(
            photos.c.source == self.source,
            photos.c.gone_at.is_(None),
            photos.c.last_seen < self.since,
            or_(photos.c.key.in_(stored), photos.c.key.in_(released)),
        )


def unseen_photos(catalog: Catalog, watch: Watch) -> list[str]:
    """Return the ids of all unseen photos of a dataset, sorted."""
    found = select(sightings.c.photo_key).where(asked_for(watch.recipe))
    with catalog.begin() as connection:
        return list(
            connection.scalars(
                select(photos.c.photo_id)
                .where(watch.unseen(), photos.c.key.in_(found))
                .order_by(photos.c.photo_id)
            )
        )


def unseen_uploads(catalog: Catalog, watch: Watch, label: str, keyword: str) -> "array[int]":
    """Return when the unseen photos of a keyword were uploaded, the oldest first."""
    query = (
        select(photos.c.uploaded_at)
        .join(sightings, sightings.c.photo_key == photos.c.key)
        .where(watch.unseen(), _found_by(watch, label, keyword))
        .order_by(photos.c.uploaded_at)
    )
    with catalog.begin() as connection:
        return array("q", connection.execution_options(yield_per=1000).scalars(query))


def found_by(catalog: Catalog, watch: Watch, label: str, keyword: str) -> int:
    """Count all photos that a keyword ever brought."""
    with catalog.begin() as connection:
        counted = connection.scalar(
            select(func.count()).select_from(sightings).where(_found_by(watch, label, keyword))
        )
    return counted or 0


def known_among(
    catalog: Catalog, watch: Watch, label: str, keyword: str, photo_ids: Sequence[str]
) -> set[str]:
    """Return which of some photos the keyword brought before."""
    with catalog.begin() as connection:
        return set(
            connection.scalars(
                select(photos.c.photo_id)
                .join(sightings, sightings.c.photo_key == photos.c.key)
                .where(
                    _found_by(watch, label, keyword),
                    photos.c.source == watch.source,
                    photos.c.photo_id.in_(photo_ids),
                )
            )
        )


def _found_by(watch: Watch, label: str, keyword: str) -> ColumnElement[bool]:
    return and_(
        sightings.c.dataset == watch.recipe.name,
        sightings.c.label == label,
        sightings.c.keyword == keyword,
    )


def mark_gone(catalog: Catalog, source: str, photo_id: str) -> None:
    """Note that a photo was deleted or is private."""
    with catalog.begin() as connection:
        connection.execute(
            update(photos)
            .where(photos.c.source == source, photos.c.photo_id == photo_id)
            .values(gone_at=now())
        )


def record_info(catalog: Catalog, source: str, photo_id: str, info: PhotoInfo) -> None:
    """Record what a photo is now: its licence, tags, title, and that it is to be seen."""
    with catalog.begin() as connection:
        connection.execute(
            update(photos)
            .where(photos.c.source == source, photos.c.photo_id == photo_id)
            .values(
                owner_name=info.owner_name,
                title=info.title,
                license=info.license,
                tags=info.tags,
                media=info.media,
                last_seen=now(),
                gone_at=None,
            )
        )


def earlier_reasons(catalog: Catalog, dataset: str) -> dict[int, str]:
    """Return the reasons of a dataset's last verdicts, by photo key."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(verdicts.c.photo_key, verdicts.c.reason).where(verdicts.c.dataset == dataset)
        )
        return {row.photo_key: row.reason for row in rows}
