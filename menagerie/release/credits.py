"""Who made each photo: as pages for people, beside the table of `menagerie.release.tables`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from menagerie.catalog.releases import Judged
from menagerie.licenses import License, by_id
from menagerie.release.contents import Contents
from menagerie.release.pages import templates
from menagerie.release.tables import CHANGES
from menagerie.terms import notice_of

PER_PAGE = 1000
"""So many photos are credited on one page."""


@dataclass(frozen=True, slots=True)
class Credit:
    """What a licence asks to be said of a photo; addresses are empty or safe to link to."""

    photo_id: str
    title: str
    creator: str
    license: str
    license_url: str
    page_url: str


def credit(photo: Judged, license: License) -> Credit:
    """Say whose a photo is."""
    row = {name: getattr(photo, name) for name in ("title", "owner_name", "owner", "page_url")}
    return credit_of_row({"photo_id": photo.photo_id, **row}, license)


def credit_of_row(row: Mapping[str, str | None], license: License | None = None) -> Credit:
    """Say whose the photo of a row of a manifest is."""
    known = license or by_id(row["license"] or "")
    page = row["page_url"] or ""
    return Credit(
        photo_id=row["photo_id"] or "",
        title=row["title"] or "untitled",
        creator=row["owner_name"] or row["owner"] or "unknown",
        license=known.name,
        license_url=known.url,
        # Autoescape does not stop `javascript:` addresses.
        page_url=page if page.startswith("https://") else "",
    )


def write_credits_pages(folder: Path, contents: Contents) -> None:
    """Write `CREDITS.html`, and `CREDITS-2.html` and so on where there are more than 1,000."""
    photos = sorted(contents.all_samples, key=lambda photo: photo.photo_id)
    template = templates().get_template("credits.html.j2")
    names = _names(len(photos))
    for number, name in enumerate(names):
        shown: Sequence[Judged] = photos[number * PER_PAGE : (number + 1) * PER_PAGE]
        page = template.render(
            name=contents.recipe.dataset.title or contents.recipe.name,
            notice=notice_of(contents.source),
            changes=CHANGES,
            count=len(photos),
            shown=(number * PER_PAGE + 1, number * PER_PAGE + len(shown)),
            pages=names,
            here=name,
            photos=[credit(photo, contents.license(photo)) for photo in shown],
        )
        (folder / name).write_text(page, encoding="utf-8")


def _names(count: int) -> list[str]:
    numbers = range(2, -(-count // PER_PAGE) + 1)
    return ["CREDITS.html", *(f"CREDITS-{number}.html" for number in numbers)]
