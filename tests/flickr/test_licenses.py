"""Licence names: asked of Flickr once a month, and the table of this version without an answer."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from menagerie.catalog.database import Catalog, now, open_catalog
from menagerie.catalog.license_names import KEPT_SECONDS, licenses_by_id, record_names
from menagerie.catalog.tables import license_names
from menagerie.errors import KeyRefusedError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.parsers import LicenseName
from menagerie.licenses import LICENSES, by_id, from_flickr, permitted
from menagerie.naming import refresh_license_names
from menagerie.retry import Patience
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from menagerie.settings import load_settings
from tests.conftest import point_to

QUICK = Patience(attempts=2, first_pause_seconds=0.01)


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running(drawn_universe(60)) as address:
        point_to(monkeypatch, tmp_path, address)
        yield address


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    with open_catalog(load_settings()) as opened:
        yield opened


def refresh(catalog: Catalog) -> None:
    refresh_license_names(catalog, FlickrClient(load_settings(), QUICK), "sandbox")


def calls(url: str) -> int:
    with urllib.request.urlopen(f"{url}/control?brief=1") as answer:
        return sum(json.load(answer)["calls"].values())


def order_error(url: str, code: int) -> None:
    order = {"error": {"code": code, "times": 9}}
    urllib.request.urlopen(f"{url}/control", data=json.dumps(order).encode()).close()


def test_all_names_are_asked_for_in_one_call_and_kept(catalog: Catalog, url: str) -> None:
    refresh(catalog)
    refresh(catalog)
    assert calls(url) == 1
    assert licenses_by_id(catalog, "sandbox") == {license.id: license for license in LICENSES}


def test_after_thirty_days_they_are_asked_for_again(catalog: Catalog, url: str) -> None:
    refresh(catalog)
    with catalog.begin() as connection:
        connection.execute(license_names.update().values(fetched_at=now() - KEPT_SECONDS - 1))
    refresh(catalog)
    assert calls(url) == 2


def test_without_an_answer_the_table_of_this_version_will_do(catalog: Catalog, url: str) -> None:
    order_error(url, 112)
    refresh(catalog)
    assert licenses_by_id(catalog, "sandbox") == {}


def test_a_key_that_is_refused_stops_the_work(catalog: Catalog, url: str) -> None:
    order_error(url, 100)
    with pytest.raises(KeyRefusedError):
        refresh(catalog)


def test_a_licence_is_called_as_flickr_calls_it_and_permits_what_it_did(catalog: Catalog) -> None:
    record_names(catalog, "sandbox", [LicenseName(4, "Attribution", "https://example.org/by")])
    known = by_id("cc-by-2.0")
    assert licenses_by_id(catalog, "sandbox") == {
        "cc-by-2.0": replace(known, name="Attribution", url="https://example.org/by")
    }


def test_a_licence_that_nobody_knows_permits_nothing_whatever_it_is_called(
    catalog: Catalog,
) -> None:
    record_names(catalog, "sandbox", [LicenseName(17, "Do what you like", "")])
    assert licenses_by_id(catalog, "sandbox") == {}
    assert from_flickr(17).id == "unknown"
    assert from_flickr(17) not in permitted(frozenset({"train"}))
