"""Photos that are to be forgotten: only a hash of the id is kept, so that none comes back."""

import hashlib
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, select

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.tables import tombstones

_LOT = 500


def photo_hash(source: str, photo_id: str) -> str:
    """Hash a photo's id: SHA-256, in hex."""
    return hashlib.sha256(f"{source}/{photo_id}".encode()).hexdigest()


def owner_hash(source: str, owner: str) -> str:
    """Hash an owner's id: SHA-256, in hex; no photo's id has the same."""
    return hashlib.sha256(f"{source}//{owner}".encode()).hexdigest()


def bury(connection: Connection, source: str, hashes: Iterable[str], reason: str) -> None:
    """Set tombstones, each with the reason that was given first."""
    moment = now()
    rows = [
        {"source": source, "photo_hash": name, "reason": reason, "forgotten_at": moment}
        for name in sorted(set(hashes))
    ]
    upsert(connection, tombstones, rows, [])


def is_buried(connection: Connection, source: str, name: str) -> bool:
    """Tell whether there is a tombstone of a hash."""
    of_hash = (tombstones.c.source == source) & (tombstones.c.photo_hash == name)
    return connection.scalar(select(tombstones.c.source).where(of_hash)) is not None


def forgotten_ids(catalog: Catalog, source: str, photo_ids: Collection[str]) -> set[str]:
    """Return which ids are those of photos that were forgotten."""
    by_hash = {photo_hash(source, photo_id): photo_id for photo_id in photo_ids}
    hashes = list(by_hash)
    query = select(tombstones.c.photo_hash).where(tombstones.c.source == source)
    with catalog.begin() as connection:
        return {
            by_hash[name]
            for start in range(0, len(hashes), _LOT)
            for name in connection.scalars(
                query.where(tombstones.c.photo_hash.in_(hashes[start : start + _LOT]))
            )
        }


def forgotten(connection: Connection, source: str, owners: Mapping[str, str]) -> set[str]:
    """Return which photos are to be forgotten, for their own or their owner's sake.

    `owners` holds the owner of each photo by the photo's id.
    """
    # Nearly always there is no tombstone at all, and hashing a million ids would be in vain.
    if connection.scalar(select(tombstones.c.source).where(tombstones.c.source == source)) is None:
        return set()
    by_photo = {photo_id: photo_hash(source, photo_id) for photo_id in owners}
    by_owner = {owner: owner_hash(source, owner) for owner in set(owners.values())}
    buried = set(
        connection.scalars(
            select(tombstones.c.photo_hash).where(
                tombstones.c.source == source,
                tombstones.c.photo_hash.in_([*by_photo.values(), *by_owner.values()]),
            )
        )
    )
    return {
        photo_id
        for photo_id, owner in owners.items()
        if by_photo[photo_id] in buried or by_owner[owner] in buried
    }
