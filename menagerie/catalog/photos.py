"""What was found and what was fetched."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, and_, func, select, tuple_

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.tables import datasets, files, photos, sightings
from menagerie.flickr.parsers import PhotoRow, Rendition
from menagerie.photos.fetch import Fetched
from menagerie.recipe import Recipe

_ROW_COLUMNS = (
    "owner",
    "owner_name",
    "title",
    "license",
    "page_url",
    "tags",
    "media",
    "uploaded_at",
    "taken_at",
    "renditions",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo of a dataset, as it was found; `labels` are all it was found under, sorted."""

    key: int
    photo_id: str
    owner: str
    license: str
    tags: str
    media: str
    uploaded_at: int
    renditions: tuple[Rendition, ...]
    labels: tuple[str, ...]


def claim_dataset(catalog: Catalog, dataset: str) -> None:
    """Note whose photos a dataset holds from now on."""
    with catalog.begin() as connection:
        upsert(connection, datasets, [{"name": dataset, "source": catalog.source}], ["source"])


def dataset_source(catalog: Catalog, dataset: str) -> str:
    """Tell whose photos a dataset holds: those of its last collection."""
    with catalog.begin() as connection:
        source = connection.scalar(select(datasets.c.source).where(datasets.c.name == dataset))
    return source or catalog.source


def searched_keywords(catalog: Catalog, dataset: str) -> set[tuple[str, str]]:
    """Return the (label, keyword) pairs that brought photos before."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(sightings.c.label, sightings.c.keyword)
            .join(photos)
            .where(sightings.c.dataset == dataset, photos.c.source == catalog.source)
            .distinct()
        )
        return {(row.label, row.keyword) for row in rows}


def record_rows(
    catalog: Catalog, dataset: str, label: str, keyword: str, rows: Sequence[PhotoRow]
) -> None:
    """Record a page of search results: new photos, what changed on old ones, the sightings."""
    moment = now()
    records = [
        {
            **asdict(row),
            "source": catalog.source,
            "first_seen": moment,
            "last_seen": moment,
        }
        for row in rows
    ]
    with catalog.begin() as connection:
        upsert(connection, photos, records, [*_ROW_COLUMNS, "last_seen"])
        keys = connection.scalars(
            select(photos.c.key).where(
                photos.c.source == catalog.source,
                photos.c.photo_id.in_([row.photo_id for row in rows]),
            )
        )
        upsert(
            connection,
            sightings,
            [
                {
                    "dataset": dataset,
                    "label": label,
                    "keyword": keyword,
                    "photo_key": key,
                    "first_seen": moment,
                    "last_seen": moment,
                }
                for key in keys
            ],
            ["last_seen"],
        )


def asked_for(recipe: Recipe) -> ColumnElement[bool]:
    """Choose the sightings of a dataset by the searches that its recipe has now."""
    searches = tuple_(sightings.c.label, sightings.c.keyword).in_(recipe.searches)
    return and_(sightings.c.dataset == recipe.name, searches)


def candidates(catalog: Catalog, recipe: Recipe) -> Iterator[Candidate]:
    """Yield every photo found by one of the recipe's searches, in the order of ids."""
    found = (
        select(
            sightings.c.photo_key,
            # A label is of a-z, 0-9, - and _: a comma can separate them.
            func.group_concat(sightings.c.label.distinct()).label("labels")
            if catalog.engine.dialect.name == "sqlite"
            else func.string_agg(sightings.c.label.distinct(), ",").label("labels"),
        )
        .where(asked_for(recipe))
        .group_by(sightings.c.photo_key)
        .subquery()
    )
    query = (
        select(photos, found.c.labels)
        .join(found, found.c.photo_key == photos.c.key)
        .where(photos.c.source == dataset_source(catalog, recipe.name))
        .order_by(photos.c.photo_id)
    )
    with catalog.begin() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query):
            yield Candidate(
                key=row.key,
                photo_id=row.photo_id,
                owner=row.owner,
                license=row.license,
                tags=row.tags,
                media=row.media,
                uploaded_at=row.uploaded_at,
                renditions=tuple(Rendition(**rendition) for rendition in row.renditions),
                labels=tuple(sorted(row.labels.split(","))),
            )


def settled_files(catalog: Catalog, dataset: str) -> set[int]:
    """Return the keys of photos whose fetching has ended: stored, gone or refused."""
    with catalog.begin() as connection:
        rows = connection.scalars(
            select(files.c.photo_key)
            .join(sightings, sightings.c.photo_key == files.c.photo_key)
            .where(
                sightings.c.dataset == dataset,
                func.coalesce(files.c.fault, "") != "download_failed",
            )
        )
        return set(rows)


def record_fetched(catalog: Catalog, results: Sequence[Fetched]) -> None:
    """Record what came of photos; attempts of earlier runs add up."""
    moment = now()
    with catalog.begin() as connection:
        keys = [result.key for result in results]
        earlier = {
            row.photo_key: row.attempts
            for row in connection.execute(
                select(files.c.photo_key, files.c.attempts).where(files.c.photo_key.in_(keys))
            )
        }
        upsert(
            connection,
            files,
            [
                {
                    "photo_key": result.key,
                    "fault": result.fault,
                    "sha256": result.sha256,
                    "bytes": result.bytes,
                    "rendition": result.rendition,
                    "fetched_at": moment,
                    "attempts": result.attempts + earlier.get(result.key, 0),
                    "last_error": result.detail,
                }
                for result in results
            ],
            ["fault", "sha256", "bytes", "rendition", "fetched_at", "attempts", "last_error"],
        )


def last_failure(catalog: Catalog, recipe: Recipe) -> str:
    """Return what went wrong with a photo of a dataset that could not be fetched for now."""
    with catalog.begin() as connection:
        said = connection.scalar(
            select(files.c.last_error)
            .join(sightings, sightings.c.photo_key == files.c.photo_key)
            .where(asked_for(recipe), files.c.fault == "download_failed")
            .order_by(files.c.fetched_at.desc())
            .limit(1)
        )
    return said or ""
