"""The report of a curation: pages that show what was kept, what was not, and why."""

import base64
import io
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.reporting import Seen, credits_of, judged
from menagerie.curation.doubts import review_queue
from menagerie.curation.overview import Overview, axes_of, overview_of
from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError
from menagerie.photos.decode import read_tile
from menagerie.photos.store import PhotoStore
from menagerie.recipe import LOCAL_KINDS, Recipe
from menagerie.terms import NOTICE, SHEET_PHOTOS

FOLDER = "curation"
"""The folder of a dataset that holds the pages; `report.html` is the first of them."""

_THUMB_PX = 160


def write_curation_report(
    catalog: Catalog, store: PhotoStore, recipe: Recipe, dataset_dir: Path
) -> Path:
    """Write the pages about a dataset's curation in the place of the former ones.

    Returns the first page. At most 30 photos stand on one, each with its credits.
    """
    # Scores of a time when relevance was looked for say nothing of now.
    is_scored = recipe.curation.relevance != "off"
    queue = review_queue(catalog, recipe, SHEET_PHOTOS) if is_scored else []
    doubtful = [(doubt.sha256, doubt.label) for doubt in queue]
    seen = overview_of(judged(catalog, recipe), recipe, doubtful)
    unfinished = dataset_dir / f".{FOLDER}-{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        _Pages(catalog, store, recipe, unfinished).write(seen)
        remove_curation_report(dataset_dir)
        unfinished.rename(dataset_dir / FOLDER)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return dataset_dir / FOLDER / "report.html"


def remove_curation_report(dataset_dir: Path) -> bool:
    """Take the pages away and tell whether there were any; the next curation writes new ones."""
    there = (dataset_dir / FOLDER).is_dir()
    for abandoned in dataset_dir.glob(f".{FOLDER}-*"):
        if not abandoned.name.endswith(f"-{os.getpid()}"):
            shutil.rmtree(abandoned, ignore_errors=True)
    shutil.rmtree(dataset_dir / FOLDER, ignore_errors=True)
    return there


class _Pages:
    def __init__(self, catalog: Catalog, store: PhotoStore, recipe: Recipe, folder: Path) -> None:
        self._catalog, self._store = catalog, store
        self._recipe, self._folder = recipe, folder
        self._environment = Environment(
            loader=PackageLoader("menagerie.curation"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._source = dataset_source(catalog, recipe.name).partition("-")[0]

    def write(self, seen: Overview) -> None:
        """Write the first page and one for each reason, class and the groups."""
        counts = funnel(self._catalog, self._recipe)
        reasons = {
            reason: sum(n for (_, other), n in counts.items() if other is reason)
            for reason in Reason
        }
        self._page(
            "report.html",
            "report.html.j2",
            seen=seen,
            axes=axes_of(self._recipe.curation),
            found=sum(reasons.values()),
            reasons={reason: n for reason, n in reasons.items() if n},
            classes={
                label: {
                    state: sum(
                        n for (of, r), n in counts.items() if of == label and r.state == state
                    )
                    for state in ("kept", "rejected", "pending")
                }
                for label in self._recipe.labels
            },
        )
        for reason, sheet in seen.by_reason.items():
            self._sheet(
                f"reason-{reason}.html", reason.value, reason.meaning, sheet.count, [sheet.photos]
            )
        for label, sheet in seen.by_class.items():
            about = f"Photos that stand in the next release as {label}."
            self._sheet(f"class-{label}.html", label, about, sheet.count, [sheet.photos])
        if seen.doubtful:
            about = (
                "Photos that a person should look at first; `menagerie decide` takes the answer."
            )
            self._sheet("doubtful.html", "doubtful", about, len(seen.doubtful), [seen.doubtful])
        if seen.groups:
            about = "Photos that show the same picture; of each group the first one is kept."
            self._sheet("groups.html", "groups", about, seen.group_count, seen.groups)

    def _sheet(
        self, name: str, title: str, about: str, count: int, groups: list[list[Seen]]
    ) -> None:
        photos = [photo for group in groups for photo in group]
        self._page(
            name,
            "sheet.html.j2",
            title=title,
            about=about,
            count=count,
            groups=groups,
            credits=credits_of(self._catalog, self._recipe, [photo.key for photo in photos]),
            thumbs=self._thumbs(photos),
        )

    def _thumbs(self, photos: Iterable[Seen]) -> dict[int, str]:
        """Return pictures of the photos that can be decoded, as data URIs by key."""
        thumbs = {}
        for photo in photos:
            if photo.sha256 is None or photo.figures is None:
                continue
            try:
                tile = read_tile(self._store.read(photo.sha256), _THUMB_PX, "pad")
            except (PhotoError, FileNotFoundError):
                continue
            out = io.BytesIO()
            Image.fromarray(tile).save(out, "JPEG", quality=85)
            thumbs[photo.key] = base64.b64encode(out.getvalue()).decode()
        return thumbs

    def _page(self, name: str, template: str, **facts: object) -> None:
        page = self._environment.get_template(template).render(
            recipe=self._recipe,
            drawn=self._source == "sandbox",
            notice="" if self._source in LOCAL_KINDS else NOTICE,
            **facts,
        )
        (self._folder / name).write_text(page, encoding="utf-8")
