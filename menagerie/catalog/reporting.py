"""What a report of a curation shows: every photo's verdict and figures, and credits of a few."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from menagerie.catalog.database import Catalog
from menagerie.catalog.joining import FINGERPRINT_OF_FILE
from menagerie.catalog.labels import decided_labels
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.tables import files, fingerprints, photos, sightings, verdicts
from menagerie.curation.reasons import Reason
from menagerie.licenses import by_id
from menagerie.recipe import Recipe

FIGURES = (
    "brightness",
    "contrast",
    "entropy",
    "sharpness",
    "colorfulness",
    "text_likeness",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo as a report sees it; `figures` are those of FIGURES, None without a decoded file."""

    key: int
    label: str
    reason: Reason
    group_key: int | None
    sha256: str | None
    width: int | None
    height: int | None
    figures: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Credit:
    """Whose photo it is."""

    photo_id: str
    title: str
    creator: str
    license: str
    license_url: str
    page_url: str


def judged(catalog: Catalog, recipe: Recipe) -> Iterator[Seen]:
    """Yield every photo of a dataset that has a verdict, by its key."""
    found = (
        select(sightings.c.photo_key, func.min(sightings.c.label).label("label"))
        .where(asked_for(recipe))
        .group_by(sightings.c.photo_key)
        .subquery()
    )
    query = (
        select(
            found.c.photo_key,
            found.c.label,
            verdicts.c.reason,
            verdicts.c.group_key,
            files.c.sha256,
            fingerprints.c.width,
            fingerprints.c.height,
            *(fingerprints.c[name] for name in FIGURES),
        )
        .select_from(found)
        .join(
            verdicts,
            (verdicts.c.photo_key == found.c.photo_key) & (verdicts.c.dataset == recipe.name),
        )
        .outerjoin(files, files.c.photo_key == found.c.photo_key)
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .order_by(found.c.photo_key)
    )
    with catalog.begin() as connection:
        decided = decided_labels(connection, recipe)
        for row in connection.execution_options(yield_per=1000).execute(query):
            key, found_label, reason, group, sha256, width, height, *figures = row
            label = decided[key][0][0] if key in decided else found_label
            known = tuple(figures) if width is not None else None
            yield Seen(key, label, Reason(reason), group, sha256, width, height, known)


def credits_of(catalog: Catalog, recipe: Recipe, keys: Collection[int]) -> dict[int, Credit]:
    """Return whose photos these are, by key."""
    source = dataset_source(catalog, recipe.name)
    names = licenses_by_id(catalog, source)
    credited: dict[int, Credit] = {}
    wanted = sorted(keys)
    with catalog.begin() as connection:
        for start in range(0, len(wanted), 500):
            for row in connection.execute(
                select(photos).where(photos.c.key.in_(wanted[start : start + 500]))
            ):
                license = names.get(row.license) or by_id(row.license)
                credited[row.key] = Credit(
                    photo_id=row.photo_id,
                    title=row.title or "untitled",
                    creator=row.owner_name or row.owner or "unknown",
                    license=license.name,
                    license_url=license.url,
                    # Autoescape does not stop `javascript:` addresses.
                    page_url=row.page_url if row.page_url.startswith("https://") else "",
                )
    return credited
