"""What Flickr calls its licences, kept for a month."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.tables import license_names
from menagerie.flickr.parsers import LicenseName
from menagerie.licenses import UNKNOWN, License, from_flickr

KEPT_SECONDS = 30 * 86_400


def names_are_fresh(catalog: Catalog, source: str) -> bool:
    """Tell whether the names of a source's licences were asked for within the last 30 days."""
    with catalog.begin() as connection:
        fetched = connection.scalar(
            select(func.max(license_names.c.fetched_at)).where(license_names.c.source == source)
        )
    return fetched is not None and fetched > now() - KEPT_SECONDS


def record_names(catalog: Catalog, source: str, names: Sequence[LicenseName]) -> None:
    """Keep what a source calls its licences, from now on."""
    moment = now()
    rows = [
        {
            "source": source,
            "flickr_id": name.number,
            "name": name.name,
            "url": name.url,
            "fetched_at": moment,
        }
        for name in names
    ]
    with catalog.begin() as connection:
        upsert(connection, license_names, rows, ["name", "url", "fetched_at"])


def licenses_by_id(catalog: Catalog, source: str) -> dict[str, License]:
    """Return the licences that the source names, by readable id, called as it calls them.

    A number that nobody knows stands for no licence of ours and is left out: what it permits
    cannot be told from its name.
    """
    with catalog.begin() as connection:
        rows = connection.execute(
            select(license_names.c.flickr_id, license_names.c.name, license_names.c.url).where(
                license_names.c.source == source
            )
        ).all()
    known = [(from_flickr(row.flickr_id), row) for row in rows]
    return {
        license.id: replace(license, name=row.name or license.name, url=row.url or license.url)
        for license, row in known
        if license is not UNKNOWN
    }
