"""Photos that are to be forgotten: only a hash of the id is kept, so that none comes back."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, select

from menagerie.catalog.tables import tombstones


def photo_hash(source: str, photo_id: str) -> str:
    """Hash a photo's id: SHA-256, in hex."""
    return hashlib.sha256(f"{source}/{photo_id}".encode()).hexdigest()


def forgotten(connection: Connection, source: str, photo_ids: Sequence[str]) -> set[str]:
    """Return which of the photos are to be forgotten."""
    # Nearly always there is no tombstone at all, and hashing a million ids would be in vain.
    if connection.scalar(select(tombstones.c.source).where(tombstones.c.source == source)) is None:
        return set()
    hashes = {photo_hash(source, photo_id): photo_id for photo_id in photo_ids}
    buried = connection.scalars(
        select(tombstones.c.photo_hash).where(
            tombstones.c.source == source, tombstones.c.photo_hash.in_(hashes)
        )
    )
    return {hashes[name] for name in buried}
