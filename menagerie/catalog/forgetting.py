"""What forgetting asks of the catalog, and what it deletes there."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.decisions import forget_decisions
from menagerie.catalog.photos import NO_RENDITIONS
from menagerie.catalog.tables import (
    embeddings,
    files,
    fingerprints,
    models,
    photos,
    releases,
    scores,
    sightings,
    split_assignments,
    tiles,
    verdicts,
)
from menagerie.catalog.tombstones import bury, is_buried, owner_hash, photo_hash
from menagerie.photos.decode import DECODER

Item = TypeVar("Item")

_LOT = 500


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to be forgotten: a photo, or an owner with all photos."""

    source: str
    photo_id: str | None = None
    owner: str | None = None

    def __str__(self) -> str:
        if self.photo_id is not None:
            return f"the photo {self.photo_id} of {self.source}"
        return f"the owner {self.owner} of {self.source}, with all photos"

    @property
    def hash(self) -> str:
        """What its tombstone says."""
        if self.photo_id is not None:
            return photo_hash(self.source, self.photo_id)
        return owner_hash(self.source, self.owner or "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile or an embedding lies."""

    spec: str
    block: str
    row: int


def find_photos(catalog: Catalog, subject: Subject) -> dict[int, str]:
    """Return the ids of the photos that the catalog knows of a subject, by key."""
    chosen: ColumnElement[bool] = (
        photos.c.owner == subject.owner
        if subject.photo_id is None
        else photos.c.photo_id == subject.photo_id
    )
    query = select(photos.c.key, photos.c.photo_id).where(photos.c.source == subject.source, chosen)
    with catalog.begin() as connection:
        return {row.key: row.photo_id for row in connection.execute(query)}


def was_forgotten(catalog: Catalog, subject: Subject) -> bool:
    """Tell whether a subject has its tombstone already."""
    with catalog.begin() as connection:
        return is_buried(connection, subject.source, subject.hash)


def begin_forgetting(
    catalog: Catalog, subject: Subject, keys: Sequence[int], photo_ids: Collection[str], reason: str
) -> None:
    """Set the tombstones and empty the personal fields, all at once.

    From here on no run fetches, keeps or releases the photos, should this one be cut off. Only
    the owner's id stays until the end, so that the same call finds the rest again.
    """
    hashes = [photo_hash(subject.source, photo_id) for photo_id in photo_ids]
    with catalog.begin() as connection:
        bury(connection, subject.source, [subject.hash, *hashes], reason)
        for lot in _lots(keys):
            forget_decisions(connection, lot)
            connection.execute(
                update(photos)
                .where(photos.c.key.in_(lot))
                .values(
                    owner_name="",
                    title="",
                    tags="",
                    page_url="",
                    renditions=NO_RENDITIONS,
                    gone_at=now(),
                )
            )


def bytes_of(
    catalog: Catalog, keys: Sequence[int], more: Collection[str]
) -> tuple[set[str], set[str]]:
    """Return the files of photos, and `more`: those nobody else needs, and those others need."""
    sha256s, needed = set(more), set[str]()
    with catalog.begin() as connection:
        for lot in _lots(keys):
            found = connection.scalars(select(files.c.sha256).where(files.c.photo_key.in_(lot)))
            sha256s.update(name for name in found if name)
        for names in _lots(sorted(sha256s)):
            holders = connection.execute(
                select(files.c.sha256, files.c.photo_key).where(files.c.sha256.in_(names))
            )
            needed.update(row.sha256 for row in holders if row.photo_key not in set(keys))
    return sha256s - needed, needed


def places_of(catalog: Catalog, sha256s: Collection[str]) -> list[Place]:
    """Return where the tiles of files lie."""
    return _places(catalog, tiles, sha256s)


def embeddings_of(catalog: Catalog, sha256s: Collection[str]) -> list[Place]:
    """Return where the embeddings of files lie."""
    return _places(catalog, embeddings, sha256s)


def _places(catalog: Catalog, table: Table, sha256s: Collection[str]) -> list[Place]:
    with catalog.begin() as connection:
        return [
            Place(row.spec, row.block, row.row)
            for lot in _lots(sorted(sha256s))
            for row in connection.execute(
                select(table.c.spec, table.c.block, table.c.row).where(table.c.sha256.in_(lot))
            )
        ]


def forget_figures(catalog: Catalog, sha256s: Collection[str]) -> int:
    """Delete all figures of files and the places of their tiles; return how many fingerprints."""
    count = 0
    with catalog.begin() as connection:
        for lot in _lots(sorted(sha256s)):
            for table in (tiles, embeddings, scores):
                connection.execute(delete(table).where(table.c.sha256.in_(lot)))
            gone = connection.execute(delete(fingerprints).where(fingerprints.c.sha256.in_(lot)))
            count += gone.rowcount
    return count


def finish_forgetting(catalog: Catalog, keys: Sequence[int]) -> None:
    """Delete all rows of photos, and what names them in the rows of others."""
    with catalog.begin() as connection:
        for lot in _lots(keys):
            connection.execute(
                update(verdicts).where(verdicts.c.instead_key.in_(lot)).values(instead_key=None)
            )
            forget_decisions(connection, lot)
            for table in (verdicts, split_assignments, sightings, files):
                connection.execute(delete(table).where(table.c.photo_key.in_(lot)))
            connection.execute(delete(photos).where(photos.c.key.in_(lot)))
        for lot in _lots(keys):
            _rename_groups(connection, lot)


def _rename_groups(connection: Connection, keys: Sequence[int]) -> None:
    """Name groups of near-duplicates after a member that is left: they stay together."""
    first = func.min(verdicts.c.photo_key).label("first")
    left = connection.execute(
        select(verdicts.c.dataset, verdicts.c.group_key, first)
        .where(verdicts.c.group_key.in_(keys))
        .group_by(verdicts.c.dataset, verdicts.c.group_key)
    ).all()
    for group in left:
        connection.execute(
            update(verdicts)
            .where(verdicts.c.dataset == group.dataset, verdicts.c.group_key == group.group_key)
            .values(group_key=group.first)
        )


def wipe(catalog: Catalog) -> None:
    """Let nothing of deleted rows stay in the catalog's files."""
    if catalog.engine.dialect.name == "sqlite":
        with catalog.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def phashes_of(catalog: Catalog, sha256s: Sequence[str]) -> dict[str, int]:
    """Return the perceptual hashes of files, as the catalog stores them."""
    with catalog.begin() as connection:
        return {
            row.sha256: row.phash
            for lot in _lots(sha256s)
            for row in connection.execute(
                select(fingerprints.c.sha256, fingerprints.c.phash).where(
                    fingerprints.c.sha256.in_(lot), fingerprints.c.decoder == DECODER
                )
            )
        }


def release_source(catalog: Catalog, dataset: str, release_id: str) -> str | None:
    """Return whose photos a release holds; None for one that this catalog did not make."""
    with catalog.begin() as connection:
        return connection.scalar(
            select(releases.c.source).where(
                releases.c.dataset == dataset, releases.c.release_id == release_id
            )
        )


def delete_release(catalog: Catalog, dataset: str, release_id: str) -> None:
    """Delete a release from the catalog."""
    with catalog.begin() as connection:
        connection.execute(
            delete(releases).where(
                releases.c.dataset == dataset, releases.c.release_id == release_id
            )
        )


def trained_on(catalog: Catalog, dataset: str, release_id: str) -> set[str]:
    """Return the models that were trained or judged on a release."""
    with catalog.begin() as connection:
        return set(
            connection.scalars(
                select(models.c.model_id).where(
                    models.c.dataset == dataset, models.c.release_id == release_id
                )
            )
        )


def _lots(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    # A database takes only so many values in one statement.
    for start in range(0, len(items), _LOT):
        yield items[start : start + _LOT]
