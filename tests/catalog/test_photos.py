"""What was found is recorded once, however often it is seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.fetched import RETRY_DAYS, record_fetched, renditions_of
from menagerie.catalog.packing import pack, unpack
from menagerie.catalog.photos import candidates, claim_dataset, record_rows
from menagerie.catalog.tables import files, tombstones
from menagerie.catalog.tombstones import photo_hash
from menagerie.curation.reasons import Reason
from menagerie.photos.fetch import Fetched
from menagerie.photos.row import PhotoRow, Rendition
from menagerie.settings import load_settings
from tests.builders import recipe

pytestmark = pytest.mark.both_catalogs

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
SOURCE = "flickr"
LABELS = ("monkey", "boar")
ANIMALS = recipe()


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    with open_catalog(load_settings()) as opened:
        claim_dataset(opened, "animals", SOURCE)
        yield opened


def test_a_photo_seen_twice_is_one_photo_with_what_was_seen_last(catalog: Catalog) -> None:
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [ROW])
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [replace(ROW, license="cc0-1.0")])
    (photo,) = candidates(catalog, ANIMALS)
    assert photo.license == "cc0-1.0"
    assert renditions_of(catalog, [photo.key]) == {photo.key: ROW.renditions}


def test_what_one_source_knows_better_stays(catalog: Catalog) -> None:
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [ROW])
    poorer = replace(ROW, uploaded_at=0, renditions=(), license="cc0-1.0")
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [poorer])
    (photo,) = candidates(catalog, ANIMALS)
    assert (photo.uploaded_at, photo.license) == (ROW.uploaded_at, "cc0-1.0")
    assert renditions_of(catalog, [photo.key]) == {photo.key: ROW.renditions}


def test_a_photo_under_two_labels_has_both(catalog: Catalog) -> None:
    for label in LABELS:
        record_rows(catalog, SOURCE, "animals", label, label, [ROW])
    (photo,) = candidates(catalog, ANIMALS)
    assert photo.labels == ("boar", "monkey")
    assert sum(funnel(catalog, ANIMALS).values()) == 1


def test_photos_of_another_dataset_are_not_seen(catalog: Catalog) -> None:
    record_rows(catalog, SOURCE, "fungi", "monkey", "monkey", [ROW])
    assert list(candidates(catalog, ANIMALS)) == []


def test_photos_of_another_source_are_not_seen(catalog: Catalog) -> None:
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [ROW])
    claim_dataset(catalog, "animals", "sandbox")
    assert list(candidates(catalog, ANIMALS)) == []


def test_attempts_of_several_runs_add_up_until_a_file_is_settled(catalog: Catalog) -> None:
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [ROW])
    (photo,) = candidates(catalog, ANIMALS)
    record_fetched(catalog, [Fetched(photo.key, "n", 3, fault=Reason.DOWNLOAD_FAILED, detail="?")])
    assert [photo.due for photo in candidates(catalog, ANIMALS)] == [True]
    assert funnel(catalog, ANIMALS) == {("monkey", Reason.DOWNLOAD_FAILED): 1}
    record_fetched(catalog, [Fetched(photo.key, "n", 1, "ab" * 32, 100)])
    assert [photo.due for photo in candidates(catalog, ANIMALS)] == [False]
    assert funnel(catalog, ANIMALS) == {("monkey", Reason.AWAITING_DECODE): 1}


def test_a_refused_file_is_asked_for_again_after_growing_pauses_and_five_times_at_most(
    catalog: Catalog,
) -> None:
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", [ROW])
    (photo,) = candidates(catalog, ANIMALS)
    # Failures of the host do not count.
    record_fetched(catalog, [Fetched(photo.key, "n", 3, fault=Reason.DOWNLOAD_FAILED, detail="?")])
    pauses = []
    for _ in range(5):
        record_fetched(catalog, [Fetched(photo.key, "n", 1, fault=Reason.GONE, detail="404")])
        assert [photo.due for photo in candidates(catalog, ANIMALS)] == [False]
        with catalog.begin() as connection:
            row = connection.execute(select(files.c.retry_at, files.c.fetched_at)).one()
            pauses.append(row.retry_at and (row.retry_at - row.fetched_at) // 86_400)
            if row.retry_at:
                connection.execute(update(files).values(retry_at=0))
        assert [photo.due for photo in candidates(catalog, ANIMALS)] == [bool(row.retry_at)]
    assert pauses == [*RETRY_DAYS, None]


def test_a_photo_to_be_forgotten_is_not_recorded(catalog: Catalog) -> None:
    with catalog.begin() as connection:
        connection.execute(
            tombstones.insert().values(
                source=SOURCE, photo_hash=photo_hash(SOURCE, "1"), reason="", forgotten_at=0
            )
        )
    rows = [ROW, replace(ROW, photo_id="2")]
    assert record_rows(catalog, SOURCE, "animals", "monkey", "monkey", rows) == 1
    assert [photo.photo_id for photo in candidates(catalog, ANIMALS)] == ["2"]


def test_photos_come_oldest_first(catalog: Catalog) -> None:
    rows = [replace(ROW, photo_id=str(n), uploaded_at=1000 - n) for n in range(5)]
    record_rows(catalog, SOURCE, "animals", "monkey", "monkey", rows)
    found = [photo.photo_id for photo in candidates(catalog, ANIMALS)]
    assert found == ["4", "3", "2", "1", "0"]


@given(
    st.lists(
        st.builds(Rendition, st.text(), st.text(), st.integers(0, 10_000), st.integers(0, 10_000)),
        max_size=5,
    )
)
def test_renditions_come_back_as_they_were_packed(renditions: list[Rendition]) -> None:
    assert unpack(pack(renditions)) == tuple(renditions)


def test_photos_of_a_search_that_the_recipe_dropped_are_not_seen(catalog: Catalog) -> None:
    record_rows(catalog, SOURCE, "animals", "monkey", "ape", [ROW])
    assert list(candidates(catalog, ANIMALS)) == []
    assert funnel(catalog, ANIMALS) == {}
