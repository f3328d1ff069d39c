"""What was found is recorded once, however often it is seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.photos import candidates, record_fetched, record_rows, settled_files
from menagerie.curation.reasons import Reason
from menagerie.flickr.parsers import PhotoRow, Rendition
from menagerie.photos.fetch import Fetched
from menagerie.settings import load_settings
from tests.builders import recipe

ROW = PhotoRow(
    photo_id="1",
    owner="1@N00",
    owner_name="Ann",
    title="A <b>monkey</b>",
    license="cc-by-2.0",
    tags="monkey",
    media="photo",
    uploaded_at=1_500_000_000,
    taken_at="2017-07-14 02:40:00",
    page_url="https://www.flickr.com/photos/1@N00/1",
    renditions=(Rendition("n", "https://live.staticflickr.com/1.jpg", 320, 240),),
)
LABELS = ("monkey", "boar")
ANIMALS = recipe()


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    with open_catalog(load_settings()) as opened:
        yield opened


def test_a_photo_seen_twice_is_one_photo_with_what_was_seen_last(catalog: Catalog) -> None:
    record_rows(catalog, "animals", "monkey", "monkey", [ROW])
    record_rows(catalog, "animals", "monkey", "monkey", [replace(ROW, license="cc0-1.0")])
    (photo,) = candidates(catalog, ANIMALS)
    assert photo.license == "cc0-1.0"
    assert photo.renditions == ROW.renditions


def test_a_photo_under_two_labels_has_both(catalog: Catalog) -> None:
    for label in LABELS:
        record_rows(catalog, "animals", label, label, [ROW])
    (photo,) = candidates(catalog, ANIMALS)
    assert photo.labels == ("boar", "monkey")
    assert sum(funnel(catalog, ANIMALS).values()) == 1


def test_photos_of_another_dataset_are_not_seen(catalog: Catalog) -> None:
    record_rows(catalog, "fungi", "monkey", "monkey", [ROW])
    assert list(candidates(catalog, ANIMALS)) == []


def test_photos_of_another_source_are_not_seen(catalog: Catalog, home: Path) -> None:
    record_rows(catalog, "animals", "monkey", "monkey", [ROW])
    elsewhere = Catalog(catalog.engine, "flickr")
    assert list(candidates(elsewhere, ANIMALS)) == []


def test_attempts_of_several_runs_add_up_until_a_file_is_settled(catalog: Catalog) -> None:
    record_rows(catalog, "animals", "monkey", "monkey", [ROW])
    (photo,) = candidates(catalog, ANIMALS)
    record_fetched(catalog, [Fetched(photo.key, "n", 3, fault=Reason.DOWNLOAD_FAILED, detail="?")])
    assert settled_files(catalog, "animals") == set()
    assert funnel(catalog, ANIMALS) == {("monkey", Reason.DOWNLOAD_FAILED): 1}
    record_fetched(catalog, [Fetched(photo.key, "n", 1, "ab" * 32, 100)])
    assert settled_files(catalog, "animals") == {photo.key}
    assert funnel(catalog, ANIMALS) == {("monkey", Reason.AWAITING_DECODE): 1}


def test_photos_of_a_search_that_the_recipe_dropped_are_not_seen(catalog: Catalog) -> None:
    record_rows(catalog, "animals", "monkey", "ape", [ROW])
    assert list(candidates(catalog, ANIMALS)) == []
    assert funnel(catalog, ANIMALS) == {}
