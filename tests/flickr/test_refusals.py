"""Every error code has its own sentence, and the right choice between waiting and stopping."""

import json
import logging
import threading
import urllib.request
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from menagerie.catalog.budget import CallBudget
from menagerie.catalog.database import open_catalog
from menagerie.catalog.tables import api_calls
from menagerie.errors import (
    FlickrError,
    KeyRefusedError,
    StoppedError,
    TransientError,
    UnreachableError,
)
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.refusals import REFUSALS, refusal
from menagerie.flickr.search import count, pages, query_of
from menagerie.recipe import Source
from menagerie.retry import Patience
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from menagerie.settings import load_settings
from tests.conftest import KEY, point_to

WAITING = {0, 10, 105, 106, 201}
KEYS = {96, 97, 98, 99, 100}
STOPPING = {1, 2, 3, 18, 20, 95, 111, 112, 114, 115, 116}
QUICK = Patience(attempts=3, first_pause_seconds=0.01)
ANYTHING = Source(uses=())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(drawn_universe(60)) as address:
        yield address


@pytest.fixture
def client(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlickrClient:
    point_to(monkeypatch, tmp_path, url)
    order(url, error=None)
    return FlickrClient(load_settings(), QUICK)


def order(url: str, **orders: Any) -> None:
    with urllib.request.urlopen(f"{url}/control", data=json.dumps(orders).encode()):
        pass


def calls(url: str) -> int:
    with urllib.request.urlopen(f"{url}/control?brief=1") as answer:
        return sum(json.load(answer)["calls"].values())


def test_every_code_is_either_waited_for_or_stops() -> None:
    assert set(REFUSALS) == WAITING | KEYS | STOPPING


@pytest.mark.parametrize("code", sorted(WAITING))
def test_a_code_that_may_pass_is_asked_again(client: FlickrClient, url: str, code: int) -> None:
    order(url, error={"code": code, "times": 2})
    before = calls(url)
    assert count(client, query_of("crow", ANYTHING)) > 0
    assert calls(url) - before == 3


@pytest.mark.parametrize("code", sorted(WAITING))
def test_a_code_that_does_not_pass_ends_the_call(client: FlickrClient, url: str, code: int) -> None:
    order(url, error={"code": code, "times": 9})
    with pytest.raises(UnreachableError, match=f"error {code}:"):
        count(client, query_of("crow", ANYTHING))


@pytest.mark.parametrize("code", sorted(STOPPING | KEYS))
def test_a_code_that_will_not_pass_stops_at_once(client: FlickrClient, url: str, code: int) -> None:
    order(url, error={"code": code, "times": 9})
    before = calls(url)
    with pytest.raises(FlickrError, match=f"error {code}:") as raised:
        count(client, query_of("crow", ANYTHING))
    assert calls(url) - before == 1
    assert raised.value.code == code
    assert isinstance(raised.value, KeyRefusedError) == (code in KEYS)


def test_a_code_that_nobody_knows_stops(client: FlickrClient, url: str) -> None:
    order(url, error={"code": 4711, "message": "Something new"})
    with pytest.raises(FlickrError, match="error 4711: Something new"):
        count(client, query_of("crow", ANYTHING))


def test_any_code_that_is_not_currently_available_is_asked_again(
    client: FlickrClient, url: str
) -> None:
    order(url, error={"code": 4711, "message": "Sorry, it is not currently available."})
    assert count(client, query_of("crow", ANYTHING)) > 0


def test_an_excessive_offset_ends_a_search(client: FlickrClient, url: str) -> None:
    rows = pages(client, query_of("crow", ANYTHING))
    next(rows)
    order(url, error={"code": 20, "times": 9})
    assert list(chain(*rows)) == []


def test_each_code_has_its_own_sentence() -> None:
    for stopping in (STOPPING, KEYS):
        assert len({str(refusal("photos.search", code, "")) for code in stopping}) == len(stopping)
    for code in STOPPING | KEYS:
        sentence = str(refusal("photos.search", code, "its own words"))
        assert sentence.startswith("Flickr ")
        assert "its own words" in sentence
        assert sentence.endswith(".")


def test_an_expired_key_says_so(monkeypatch: pytest.MonkeyPatch, client: FlickrClient) -> None:
    monkeypatch.setenv("FLICKR_API_KEY", "e" * 32)
    with pytest.raises(KeyRefusedError, match="has expired"):
        count(FlickrClient(load_settings(), QUICK), query_of("crow", ANYTHING))


def test_a_photo_that_is_not_found_is_told_from_too_many_tags() -> None:
    assert "too many tags" in str(refusal("photos.search", 1, ""))
    assert "deleted or is private" in str(refusal("photos.getInfo", 1, ""))


@given(st.none() | st.integers(-5, 10_000), st.text())
def test_any_code_and_text_make_an_error_of_ours(code: int | None, text: str) -> None:
    assert isinstance(refusal("photos.search", code, text), FlickrError | TransientError)


@pytest.mark.parametrize("secret", ["", "fedcba9876543210"])
def test_the_key_is_in_no_log_error_or_catalog(
    client: FlickrClient,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    secret: str,
) -> None:
    monkeypatch.setenv("FLICKR_API_SECRET", secret)
    caplog.set_level(logging.DEBUG)
    with open_catalog(load_settings()) as catalog:
        budget = CallBudget(catalog, KEY, limit=3)
        asking = FlickrClient(load_settings(), QUICK, budget)
        count(asking, query_of("crow", ANYTHING))
        order(url, error={"code": 100, "message": f'Invalid API Key "{KEY}"'})
        with pytest.raises(KeyRefusedError) as raised:
            count(asking, query_of("crow", ANYTHING))
        assert KEY not in str(raised.value)
    assert KEY not in caplog.text
    assert not secret or secret not in caplog.text
    for file in load_settings().home.rglob("*"):
        assert file.is_dir() or KEY.encode() not in file.read_bytes()


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_retries_are_spent_from_the_budget(client: FlickrClient, url: str) -> None:
    order(url, error={"code": 105, "times": 2})
    with open_catalog(load_settings()) as catalog:
        budget = CallBudget(catalog, KEY, limit=10)
        count(FlickrClient(load_settings(), QUICK, budget), query_of("crow", ANYTHING))
        with catalog.begin() as connection:
            assert connection.scalar(select(func.sum(api_calls.c.calls))) == 3


def test_a_call_over_the_budget_says_until_when_it_waits_and_can_be_stopped(
    client: FlickrClient, caplog: pytest.LogCaptureFixture
) -> None:
    with open_catalog(load_settings()) as catalog:
        budget = CallBudget(catalog, KEY, limit=1)
        asking = FlickrClient(load_settings(), QUICK, budget)
        count(asking, query_of("crow", ANYTHING))
        stopper = threading.Timer(0.3, asking.stop)
        stopper.start()
        with pytest.raises(StoppedError):
            count(asking, query_of("crow", ANYTHING))
        stopper.join()
    (said,) = [record.getMessage() for record in caplog.records if "spent" in record.getMessage()]
    assert "going on at" in said


def test_a_call_over_the_budget_goes_on_when_the_hour_has_passed(
    client: FlickrClient, url: str
) -> None:
    clock = Clock()
    with open_catalog(load_settings()) as catalog:
        budget = CallBudget(catalog, KEY, limit=1, clock=clock)
        asking = FlickrClient(load_settings(), QUICK, budget)
        count(asking, query_of("crow", ANYTHING))
        clock.now += 3600.9
        before = calls(url)
        waiting = threading.Timer(0.05, lambda: setattr(clock, "now", clock.now + 1))
        waiting.start()
        assert count(asking, query_of("crow", ANYTHING)) > 0
        waiting.join()
    assert calls(url) - before == 1
