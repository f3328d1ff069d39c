"""What people decided: rows are added, never changed."""

from sqlalchemy import select

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.tables import decisions, photos, sightings


def labels_of(catalog: Catalog, dataset: str, photo_id: str) -> tuple[int | None, list[str]]:
    """Return the key of a dataset's photo, and the labels that it was found under, sorted."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(photos.c.key, sightings.c.label)
            .join(sightings, sightings.c.photo_key == photos.c.key)
            .where(
                sightings.c.dataset == dataset,
                photos.c.photo_id == photo_id,
                photos.c.source == dataset_source(catalog, dataset),
            )
            .distinct()
        ).all()
    return (rows[0].key if rows else None), sorted(row.label for row in rows)


def record_label(catalog: Catalog, dataset: str, key: int, label: str, note: str, who: str) -> None:
    """Record under which label a photo counts from now on."""
    row = {"dataset": dataset, "photo_key": key, "label": label, "note": note, "who": who}
    with catalog.begin() as connection:
        connection.execute(decisions.insert().values(**row, decided_at=now()))
