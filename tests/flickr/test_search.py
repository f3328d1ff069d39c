"""Searching, against a real server with Flickr's quirks."""

from itertools import chain
from pathlib import Path

import pytest

from menagerie.curation.screening import objection
from menagerie.errors import KeyRefusedError, MissingKeyError, UnreachableError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.search import count, pages, query_of, usable_first
from menagerie.recipe import Source
from menagerie.retry import Patience
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from menagerie.settings import load_settings
from tests.conftest import point_to

QUICK = Patience(first_pause_seconds=0.01, connect_attempts=2)


@pytest.fixture
def client(home: Path) -> FlickrClient:
    return FlickrClient(load_settings(), QUICK)


def found(client: FlickrClient, source: Source) -> list[str]:
    return [row.photo_id for row in chain(*pages(client, query_of("crow", source)))]


def test_a_search_brings_each_photo_once(client: FlickrClient) -> None:
    ids = found(client, Source(uses=()))
    assert len(ids) == len(set(ids)) == count(client, query_of("crow", Source(uses=())))


def test_a_search_ends_with_the_last_photo_that_is_wanted_and_usable(client: FlickrClient) -> None:
    asked = Source(uses=("train",))
    rows = list(chain(*pages(client, query_of("crow", Source(uses=())))))
    taken, wanted = usable_first(rows, asked, 7)
    assert wanted == 0
    assert [objection(row, asked) for row in taken].count(None) == 7
    assert objection(taken[-1], asked) is None


def test_only_licences_that_permit_the_uses_are_asked_for(client: FlickrClient) -> None:
    rows = chain(*pages(client, query_of("crow", Source(uses=("commercial",)))))
    assert not {row.license for row in rows} & {"all-rights-reserved", "cc-by-nc-2.0"}


def test_past_the_cap_a_search_ends_without_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(drawn_universe(9000)) as url:
        point_to(monkeypatch, tmp_path, url)
        ids = found(FlickrClient(load_settings(), QUICK), Source(photos_per_keyword=4000, uses=()))
    assert len(ids) == len(set(ids)) == 4000


def test_faults_of_every_kind_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: FlickrClient
) -> None:
    undisturbed = found(client, Source())
    faults = parse_faults("all=0.1,slow-seconds=0.05,retry-after=0.05")
    with running(drawn_universe(60), faults) as url:
        point_to(monkeypatch, tmp_path, url)
        assert found(FlickrClient(load_settings(), QUICK), Source()) == undisturbed


def test_a_word_nobody_uses_finds_nothing(client: FlickrClient) -> None:
    assert count(client, query_of("qwertz", Source())) == 0


def test_without_a_key_nothing_is_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLICKR_API_KEY")
    with pytest.raises(MissingKeyError, match="FLICKR_API_KEY"):
        FlickrClient(load_settings())


def test_an_invalid_key_is_refused_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLICKR_API_KEY", "secret-nonsense")
    with pytest.raises(KeyRefusedError, match="FLICKR_API_KEY") as raised:
        count(FlickrClient(load_settings(), QUICK), query_of("crow", Source()))
    assert raised.value.code == 100
    assert "secret-nonsense" not in str(raised.value)


def test_no_server_is_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, tmp_path, "http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match="2 attempts"):
        count(FlickrClient(load_settings(), QUICK), query_of("crow", Source()))


def test_a_secret_signs_the_calls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLICKR_API_SECRET", "0123456789abcdef")
    assert count(FlickrClient(load_settings(), QUICK), query_of("crow", Source())) > 0
