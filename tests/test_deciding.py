"""A person's word on the label of a photo outranks what the searches say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.forgetting import finish_forgetting
from menagerie.catalog.photos import candidates, claim_dataset, record_rows
from menagerie.curation.reasons import Reason
from menagerie.curation.screening import screen
from menagerie.deciding import decide_label
from menagerie.errors import CallError
from menagerie.settings import load_settings
from tests.builders import recipe
from tests.catalog.test_photos import ROW

ANIMALS = recipe()


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    """Return a catalog with photo 1 under two labels and photo 2 under one."""
    with open_catalog(load_settings()) as opened:
        claim_dataset(opened, "animals", "flickr")
        both, one = ROW, replace(ROW, photo_id="2")
        record_rows(opened, "flickr", "animals", "monkey", "monkey", [both, one])
        record_rows(opened, "flickr", "animals", "boar", "boar", [both])
        yield opened


def reasons(catalog: Catalog) -> dict[str, tuple[tuple[str, ...], Reason | None]]:
    screened = screen(candidates(catalog, ANIMALS), ANIMALS)
    return {photo.photo_id: (photo.labels, reason) for photo, reason in screened}


def decide(catalog: Catalog, photo_id: str, label: str) -> None:
    decide_label(catalog, ANIMALS, photo_id, label, "", "somebody")


def test_a_photo_under_two_labels_counts_under_the_one_that_was_decided(catalog: Catalog) -> None:
    assert reasons(catalog)["1"] == (("boar", "monkey"), Reason.CROSS_LABEL)
    decide(catalog, "1", "monkey")
    assert reasons(catalog)["1"] == (("monkey",), None)
    assert funnel(catalog, ANIMALS) == {("monkey", Reason.AWAITING_DOWNLOAD): 2}


def test_the_newest_decision_counts_and_survives_a_new_crawl(catalog: Catalog) -> None:
    decide(catalog, "1", "monkey")
    decide(catalog, "1", "boar")
    record_rows(catalog, "flickr", "animals", "monkey", "monkey", [ROW])
    assert reasons(catalog)["1"] == (("boar",), None)


def test_a_decision_is_about_one_photo_of_one_dataset(catalog: Catalog) -> None:
    decide(catalog, "1", "boar")
    assert reasons(catalog)["2"] == (("monkey",), None)
    with pytest.raises(CallError, match="has no photo '1'"):
        decide_label(catalog, recipe(dataset={"name": "others"}), "1", "boar", "", "somebody")


def test_a_label_that_the_photo_was_not_found_under_is_refused(catalog: Catalog) -> None:
    with pytest.raises(CallError, match=r"found under boar, monkey \(received 'crow'\)"):
        decide(catalog, "1", "crow")


def test_a_forgotten_photo_takes_its_decisions_with_it(catalog: Catalog) -> None:
    decide(catalog, "1", "boar")
    key = next(photo.key for photo in candidates(catalog, ANIMALS) if photo.photo_id == "1")
    finish_forgetting(catalog, [key])
    assert set(reasons(catalog)) == {"2"}
