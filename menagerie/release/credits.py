"""Who made each photo and under which licence, as every licence asks: as a table and as pages."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from menagerie.licenses import License, by_id
from menagerie.recipe import Recipe
from menagerie.release.pages import templates
from menagerie.release.tables import MANIFEST, count_rows, read_sources, rows_of
from menagerie.spreadsheets import guarded
from menagerie.terms import notice_of

PER_PAGE = 1000
"""So many photos are credited on one page."""

_COLUMNS = ("photo_id", "title", "owner_name", "owner", "license", "page_url")
_CHANGES = {
    "crop": "cropped and resized",
    "pad": "resized, with black borders",
    "stretch": "resized, with other proportions",
}


def changes_of(resize: str) -> str:
    """Say what was done to every photo of a release that is made square in this way."""
    return _CHANGES[resize]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a licence asks to be said of a photo; addresses are empty or safe to link to."""

    photo_id: str
    title: str
    creator: str
    license: str
    license_url: str
    page_url: str


def credit_of_row(row: Mapping[str, str | None], names: Mapping[str, License]) -> Credit:
    """Say whose the photo of a row of a manifest is; for `names` see `license_of`."""
    license = license_of(row["license"] or "", names)
    page = row["page_url"] or ""
    return Credit(
        photo_id=row["photo_id"] or "",
        title=row["title"] or "untitled",
        creator=row["owner_name"] or row["owner"] or "unknown",
        license=license.name,
        license_url=license.url,
        # Autoescape does not stop `javascript:` addresses.
        page_url=page if page.startswith("https://") else "",
    )


def license_of(license_id: str, names: Mapping[str, License]) -> License:
    """Return a licence; `names` are those that the photos' source calls otherwise."""
    return names.get(license_id) or by_id(license_id)


def write_credits(folder: Path, recipe: Recipe, names: Mapping[str, License]) -> None:
    """Write `CREDITS.csv`: every photo, in the order of the manifest."""
    with (folder / "CREDITS.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            ["photo_id", "title", "creator", "license", "license_url", "page_url", "changes"]
        )
        changes = changes_of(recipe.release.resize)
        for row in rows_of(folder / MANIFEST, *_COLUMNS):
            license = license_of(row["license"], names)
            creator = row["owner_name"] or row["owner"] or "unknown"
            told = [guarded(row["photo_id"]), guarded(row["title"]), guarded(creator)]
            writer.writerow([*told, license.name, license.url, row["page_url"], changes])


def write_credits_pages(folder: Path, recipe: Recipe, names: Mapping[str, License]) -> None:
    """Write `CREDITS.html`, and `CREDITS-2.html` and so on where there are more than 1,000."""
    count = count_rows(folder / MANIFEST)
    notice = " ".join(filter(None, map(notice_of, sorted(read_sources(folder / MANIFEST)))))
    rows = rows_of(folder / MANIFEST, *_COLUMNS)
    template = templates().get_template("credits.html.j2")
    pages = _names(count)
    for number, name in enumerate(pages):
        shown = [credit_of_row(row, names) for row in islice(rows, PER_PAGE)]
        page = template.render(
            name=recipe.dataset.title or recipe.name,
            notice=notice,
            changes=changes_of(recipe.release.resize),
            count=count,
            shown=(number * PER_PAGE + 1, number * PER_PAGE + len(shown)),
            pages=pages,
            here=name,
            photos=shown,
        )
        (folder / name).write_text(page, encoding="utf-8")


def _names(count: int) -> list[str]:
    numbers = range(2, -(-count // PER_PAGE) + 1)
    return ["CREDITS.html", *(f"CREDITS-{number}.html" for number in numbers)]
