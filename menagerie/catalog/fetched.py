"""What was fetched: the files of photos, and when those that failed are asked for again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.packing import unpack
from menagerie.catalog.photos import asked_for
from menagerie.catalog.tables import files, photos, sightings
from menagerie.curation.reasons import Reason
from menagerie.photos.row import Rendition
from menagerie.recipe import Recipe

if TYPE_CHECKING:
    from menagerie.photos.fetch import Fetched

_DAY_SECONDS = 86_400
RETRY_DAYS = (1, 4, 16, 64)
"""How long to wait after the first, second ... refusal of a file before it is asked for again."""


def renditions_of(catalog: Catalog, keys: Sequence[int]) -> dict[int, tuple[Rendition, ...]]:
    """Return the files that the source named of some photos, by key."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(photos.c.key, photos.c.renditions).where(photos.c.key.in_(keys))
        )
        return {row.key: unpack(row.renditions) for row in rows}


def unstored(catalog: Catalog, keys: Sequence[int]) -> list[int]:
    """Return which of some photos have no stored file, in their order."""
    stored = select(files.c.photo_key).where(
        files.c.photo_key.in_(keys), files.c.sha256.is_not(None)
    )
    with catalog.begin() as connection:
        known = set(connection.scalars(stored))
    return [key for key in keys if key not in known]


def record_fetched(catalog: Catalog, results: "Sequence[Fetched]") -> None:
    """Record what came of photos; attempts of earlier runs add up.

    A file that was refused for good is asked for again after growing pauses, and a few times
    only; one that failed for now at the next run.
    """
    moment = now()
    with catalog.begin() as connection:
        earlier = {
            row.photo_key: row
            for row in connection.execute(
                select(files.c.photo_key, files.c.attempts, files.c.tries).where(
                    files.c.photo_key.in_([result.key for result in results])
                )
            )
        }
        records = []
        for result in results:
            before = earlier.get(result.key)
            # A host that failed for now says nothing of the photo.
            refused = result.fault not in {None, Reason.DOWNLOAD_FAILED}
            tries = (before.tries if before else 0) + refused
            records.append(
                {
                    "photo_key": result.key,
                    "fault": result.fault,
                    "sha256": result.sha256,
                    "bytes": result.bytes,
                    "rendition": result.rendition,
                    "fetched_at": moment,
                    "attempts": result.attempts + (before.attempts if before else 0),
                    "last_error": result.detail,
                    "tries": tries,
                    "retry_at": _retry_at(tries, moment) if refused else None,
                }
            )
        upsert(connection, files, records, [name for name in records[0] if name != "photo_key"])


def _retry_at(tries: int, moment: int) -> int | None:
    if tries > len(RETRY_DAYS):
        return None
    return moment + RETRY_DAYS[tries - 1] * _DAY_SECONDS


def retry_refused(catalog: Catalog, dataset: str) -> None:
    """Let the files of a dataset that were refused be asked for again at once."""
    theirs = select(sightings.c.photo_key).where(sightings.c.dataset == dataset)
    with catalog.begin() as connection:
        connection.execute(
            update(files)
            .where(files.c.photo_key.in_(theirs), files.c.fault.is_not(None))
            .values(retry_at=now())
        )


def settled_photos(
    catalog: Catalog, recipe: Recipe, source: str, label: str, keyword: str, earliest: int
) -> int:
    """Count the photos of a search, uploaded since `earliest`, that need no fetching any more."""
    with catalog.begin() as connection:
        counted = connection.scalar(
            select(func.count())
            .select_from(sightings)
            .join(photos)
            .join(files, files.c.photo_key == photos.c.key)
            .where(
                sightings.c.dataset == recipe.name,
                sightings.c.label == label,
                sightings.c.keyword == keyword,
                photos.c.source == source,
                photos.c.uploaded_at >= earliest,
                func.coalesce(files.c.fault, "") != Reason.DOWNLOAD_FAILED.value,
            )
        )
    return counted or 0


def mean_bytes(catalog: Catalog, source: str) -> float | None:
    """Return how large the stored files of a source are on average; None before the first."""
    with catalog.begin() as connection:
        mean = connection.scalar(
            select(func.avg(files.c.bytes)).join(photos).where(photos.c.source == source)
        )
    return None if mean is None else float(mean)


def last_failure(catalog: Catalog, recipe: Recipe) -> str:
    """Return what went wrong with a photo of a dataset that could not be fetched for now."""
    with catalog.begin() as connection:
        said = connection.scalar(
            select(files.c.last_error)
            .join(sightings, sightings.c.photo_key == files.c.photo_key)
            .where(asked_for(recipe), files.c.fault == Reason.DOWNLOAD_FAILED.value)
            .order_by(files.c.fetched_at.desc())
            .limit(1)
        )
    return said or ""
