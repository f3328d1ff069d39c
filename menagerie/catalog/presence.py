"""Photos that were found in a place of this machine and are no longer there."""

from collections.abc import Callable

from sqlalchemy import select, update

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.packing import unpack
from menagerie.catalog.tables import photos, sightings

_MOST_A_STATEMENT = 500


def mark_missing(
    catalog: Catalog, source: str, dataset: str, keyword: str, is_there: Callable[[str], bool]
) -> int:
    """Mark the photos of a search whose address leads nowhere as gone; return how many."""
    with catalog.begin() as connection:
        found = connection.execution_options(yield_per=1000).execute(
            select(photos.c.key, photos.c.renditions)
            .join(sightings, sightings.c.photo_key == photos.c.key)
            .where(
                photos.c.source == source,
                photos.c.gone_at.is_(None),
                sightings.c.dataset == dataset,
                sightings.c.keyword == keyword,
            )
        )
        missing = [
            row.key for row in found if not any(is_there(r.url) for r in unpack(row.renditions))
        ]
    for start in range(0, len(missing), _MOST_A_STATEMENT):
        keys = missing[start : start + _MOST_A_STATEMENT]
        with catalog.begin() as connection:
            connection.execute(update(photos).where(photos.c.key.in_(keys)).values(gone_at=now()))
    return len(missing)
