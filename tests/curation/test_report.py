"""The report of a curation shows every reason, few photos at a time, and whose they are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from menagerie.catalog.reporting import Seen
from menagerie.catalog.tables import photos
from menagerie.curation.overview import BINS, axes_of, overview_of
from menagerie.curation.reasons import Reason
from menagerie.curation.report import FOLDER, write_curation_report
from menagerie.curation.verdicts import judge_dataset
from menagerie.recipe import Recipe
from menagerie.terms import NOTICE, SHEET_PHOTOS
from menagerie.workshop import Workshop, open_workshop
from tests.builders import recipe
from tests.conftest import point_to
from tests.library import collect, curate

FIGURES = (0.5, 0.2, 7.0, 0.5, 0.2, 0.1)


def seen(key: int, reason: Reason = Reason.ACCEPTED, **changes: object) -> Seen:
    fields = {
        "key": key,
        "label": "crow",
        "reason": reason,
        "group_key": None,
        "sha256": f"{key:064x}",
        "width": 320,
        "height": 240,
        "figures": FIGURES,
    }
    return Seen(**{**fields, **changes})  # type: ignore[arg-type]


def dark(key: int, brightness: float) -> Seen:
    return seen(key, Reason.DARK, figures=(brightness, *FIGURES[1:]))


def test_a_sheet_holds_as_many_photos_as_flickr_allows() -> None:
    shown = overview_of((seen(key) for key in range(100)), recipe()).by_class["crow"]
    assert (shown.count, len(shown.photos)) == (100, SHEET_PHOTOS)


def test_those_nearest_to_the_threshold_are_shown() -> None:
    photos = [dark(key, key / 1000) for key in range(60)]
    shown = overview_of(photos, recipe()).by_reason[Reason.DARK]
    assert [photo.key for photo in shown.photos] == list(range(59, 29, -1))


def test_every_photo_with_figures_stands_in_each_histogram() -> None:
    photos = [seen(1), dark(2, 0.0), seen(3, Reason.GONE, width=None, height=None, figures=None)]
    histograms = overview_of(photos, recipe()).histograms
    assert {sum(bins) for bins in histograms.values()} == {2}


@pytest.mark.parametrize(("value", "number"), [(-1, 0), (0, 0), (0.5, BINS // 2), (9, BINS - 1)])
def test_values_beyond_an_axis_stand_at_its_ends(value: float, number: int) -> None:
    assert axes_of(recipe().curation)["brightness"].bin_of(value) == number


def test_of_a_group_the_kept_photo_stands_first() -> None:
    photos = [seen(1, Reason.NEAR_DUPLICATE, group_key=2), seen(2, group_key=2), seen(3)]
    groups = overview_of(photos, recipe()).groups
    assert [[photo.key for photo in group] for group in groups] == [[2, 1]]


def test_groups_fill_one_page_at_most() -> None:
    photos = [seen(key, group_key=key // 4) for key in range(100)]
    shown = overview_of(photos, recipe())
    assert shown.group_count == 25
    assert sum(len(group) for group in shown.groups) <= SHEET_PHOTOS


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox_url: str
) -> Iterator[tuple[Workshop, Recipe]]:
    """Yield a workshop with a dozen photos of each class, judged, some of them dark."""
    point_to(monkeypatch, tmp_path, sandbox_url)
    asked = recipe(source={"photos_per_keyword": 12}, curation={"min_brightness": 0.4})
    with open_workshop() as shop:
        collect(shop, asked)
        curate(shop, asked)
        yield shop, asked


def test_pages_name_creator_licence_and_source_of_each_photo(
    tmp_path: Path, shop: tuple[Workshop, Recipe]
) -> None:
    opened, asked = shop
    page = write_curation_report(opened.catalog, opened.store, asked, tmp_path / "animals")
    links = re.findall(r'href="((?:reason|class)-[a-z_]+[.]html)"', page.read_text())
    assert {"reason-dark.html", "class-crow.html"} <= set(links)
    for link in links:
        sheet = (page.parent / link).read_text()
        photos = sheet.count("<li>")
        assert 0 < photos <= SHEET_PHOTOS
        assert len(re.findall(r" by .+, .+, resized</small>", sheet)) == photos
        assert NOTICE in sheet


def test_new_pages_take_the_place_of_the_former_ones(
    tmp_path: Path, shop: tuple[Workshop, Recipe]
) -> None:
    opened, asked = shop
    write_curation_report(opened.catalog, opened.store, asked, tmp_path / "animals")
    lenient = recipe(curation={"min_brightness": 0.0})
    judge_dataset(opened.catalog, lenient)
    page = write_curation_report(opened.catalog, opened.store, lenient, tmp_path / "animals")
    assert not (page.parent / "reason-dark.html").exists()
    assert [folder.name for folder in (tmp_path / "animals").iterdir()] == [FOLDER]


def test_a_title_that_means_harm_is_text(tmp_path: Path, shop: tuple[Workshop, Recipe]) -> None:
    opened, asked = shop
    with opened.catalog.begin() as connection:
        harm = {"title": "<script>alert(1)</script>", "page_url": "javascript:alert(1)"}
        connection.execute(photos.update().values(**harm))
    page = write_curation_report(opened.catalog, opened.store, asked, tmp_path / "animals")
    sheets = "".join(file.read_text() for file in page.parent.iterdir())
    assert "&lt;script&gt;" in sheets
    assert "<script" not in sheets
    assert "javascript:" not in sheets
