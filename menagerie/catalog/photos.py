"""What was found: the photos of searches, and which of them a dataset asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from menagerie.catalog.database import Catalog, insert_many, insert_or_update, now, upsert
from menagerie.catalog.decisions import standings
from menagerie.catalog.packing import pack
from menagerie.catalog.tables import datasets, files, photos, sightings
from menagerie.catalog.tombstones import forgotten
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import Choice, counted
from menagerie.photos.row import PhotoRow, Side
from menagerie.recipe import Recipe

_PHOTO_COLUMNS = [column.name for column in photos.columns if column.name != "key"]

_LABELS = 7
NO_RENDITIONS = pack(())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo of a dataset, as it was found; `labels` are all it was found under, sorted.

    `choice` is what a person decided, and then `labels` go by it: see `counted`.
    `fetchable` tells whether the source named a file at all; `due` whether it is still to be
    fetched, or again; `gone` whether a recheck missed it; `given_side` is the side on which the
    source puts it. An empty owner is one that nobody knows.
    """

    key: int
    photo_id: str
    owner: str
    license: str
    tags: str
    media: str
    uploaded_at: int
    labels: tuple[str, ...]
    fetchable: bool = True
    due: bool = True
    gone: bool = False
    given_side: Side | None = None
    choice: Choice | None = None


def claim_dataset(catalog: Catalog, dataset: str, source: str) -> None:
    """Note whose photos a dataset holds from now on."""
    with catalog.begin() as connection:
        upsert(connection, datasets, [{"name": dataset, "source": source}], ["source"])


def dataset_source(catalog: Catalog, dataset: str) -> str:
    """Tell whose photos a dataset holds: those of its last collection; empty before the first."""
    with catalog.begin() as connection:
        source = connection.scalar(select(datasets.c.source).where(datasets.c.name == dataset))
    return source or ""


def searched_keywords(catalog: Catalog, dataset: str, source: str) -> set[tuple[str, str]]:
    """Return the (label, keyword) pairs that brought photos of a source before."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(sightings.c.label, sightings.c.keyword)
            .join(photos)
            .where(sightings.c.dataset == dataset, photos.c.source == source)
            .distinct()
        )
        return {(row.label, row.keyword) for row in rows}


def record_rows(
    catalog: Catalog,
    source: str,
    dataset: str,
    label: str,
    keyword: str,
    rows: Sequence[PhotoRow],
) -> int:
    """Record some results of a search: new photos, what changed on old ones, the sightings.

    Photos that were to be forgotten are passed over. Returns how many were recorded.
    """
    moment = now()
    seen = {
        "source": source,
        "dataset": dataset,
        "label": label,
        "keyword": keyword,
        "first_seen": moment,
        "last_seen": moment,
        "gone_at": None,
    }
    with catalog.begin() as connection:
        dropped = forgotten(connection, source, {row.photo_id: row.owner for row in rows})
        records = [
            {
                "photo_id": row.photo_id,
                "owner": row.owner,
                "owner_name": row.owner_name,
                "title": row.title,
                "license": row.license,
                "page_url": row.page_url,
                "tags": row.tags,
                "media": row.media,
                "uploaded_at": row.uploaded_at,
                "taken_at": row.taken_at,
                "renditions": pack(row.renditions),
                "given_side": row.given_side,
                **seen,
            }
            # Always in one order: two transactions that lock the same photos in two orders wait
            # for each other for ever.
            for row in sorted(rows, key=attrgetter("photo_id"))
            if row.photo_id not in dropped
        ]
        if records:
            for statement in _inserts(connection.dialect.name):
                insert_many(connection, statement, records)
    return len(records)


# A statement for many rows has no room for values of its own.
_ZERO = literal_column("0", BigInteger)


def _photo_insert(dialect: str) -> Insert:
    values = {name: bindparam(name, type_=photos.c[name].type) for name in _PHOTO_COLUMNS}
    changing = [name for name in _PHOTO_COLUMNS if name not in {"source", "photo_id", "first_seen"}]
    # Openverse knows neither the date nor all the files of a photo that Flickr itself told of.
    told_better = (
        ("uploaded_at", "taken_at", "renditions"),
        lambda new: and_(new.uploaded_at == _ZERO, photos.c.uploaded_at > _ZERO),
    )
    return insert_or_update(dialect, photos, changing, unless=told_better).values(values)


def _sighting_insert(dialect: str) -> Insert:
    """Record a sighting of the photo of an id, in one statement a photo: no key is read first."""
    columns = ["dataset", "label", "keyword", "first_seen", "last_seen", "given_side"]
    of_photo = select(
        photos.c.key, *(bindparam(name, type_=sightings.c[name].type) for name in columns)
    ).where(
        photos.c.source == bindparam("source", type_=photos.c.source.type),
        photos.c.photo_id == bindparam("photo_id", type_=photos.c.photo_id.type),
    )
    return insert_or_update(
        dialect,
        sightings,
        ["last_seen", "given_side"],
        from_select=(["photo_key", *columns], of_photo),
    )


@cache
def _inserts(dialect: str) -> tuple[Insert, Insert]:
    return _photo_insert(dialect), _sighting_insert(dialect)


def asked_for(recipe: Recipe) -> ColumnElement[bool]:
    """Choose the sightings of a dataset by the searches that its recipe has now."""
    searches = tuple_(sightings.c.label, sightings.c.keyword).in_(recipe.searches)
    return and_(sightings.c.dataset == recipe.name, searches)


def candidates(catalog: Catalog, recipe: Recipe) -> Iterator[Candidate]:
    """Yield every photo found by one of the recipe's searches, the oldest upload first.

    A photo of which a person said something has the labels under which it counts.
    """
    joined = (
        func.group_concat(sightings.c.label.distinct())
        if catalog.engine.dialect.name == "sqlite"
        else func.string_agg(sightings.c.label.distinct(), ",")
    )
    found = (
        # A label is of a-z, 0-9, - and _: a comma can separate them.
        # A photo that is given to both sides is one to test with: the lesser word.
        select(
            sightings.c.photo_key,
            joined.label("labels"),
            func.min(sightings.c.given_side).label("given_side"),
        )
        .where(asked_for(recipe))
        .group_by(sightings.c.photo_key)
        .subquery()
    )
    again = or_(files.c.fault == Reason.DOWNLOAD_FAILED.value, files.c.retry_at <= now())
    due = or_(files.c.photo_key.is_(None), func.coalesce(again, false()))
    query = (
        select(
            photos.c.key,
            photos.c.photo_id,
            photos.c.owner,
            photos.c.license,
            photos.c.tags,
            photos.c.media,
            photos.c.uploaded_at,
            found.c.labels,
            (photos.c.renditions != NO_RENDITIONS).label("fetchable"),
            due.label("due"),
            photos.c.gone_at.is_not(None).label("gone"),
            found.c.given_side,
        )
        .join(found, found.c.photo_key == photos.c.key)
        .outerjoin(files, files.c.photo_key == photos.c.key)
        .where(photos.c.source == dataset_source(catalog, recipe.name))
        .order_by(photos.c.uploaded_at, photos.c.photo_id)
    )
    with catalog.begin() as connection:
        said = standings(connection, recipe.labels)
        for row in connection.execution_options(yield_per=1000).execute(query):
            labels, choice = counted(said.get(row.key), sorted(row.labels.split(",")))
            values = [*row, choice]
            values[_LABELS] = labels
            # In the order of the fields: by name it takes twice as long, a million times.
            yield Candidate(*values)
