"""Openverse without a key: licences, renditions, limits, and going on where it was cut off."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.catalog.database import Catalog, open_catalog
from menagerie.collection import collect_keyword
from menagerie.errors import EmptySearchError, OpenverseError, ParseError
from menagerie.licenses import LICENSES
from menagerie.photos.fetch import Fetcher
from menagerie.recipe import Recipe, parse_recipe
from menagerie.retry import Patience
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from menagerie.settings import load_settings
from menagerie.sources.openverse import ASK_AGAIN_SECONDS, OpenverseSource
from menagerie.sources.openverse_api import OpenverseClient
from menagerie.sources.openverse_results import license_of, name_of, parse_results, renditions_of
from tests.conftest import point_to
from tests.sources.builders import asked, collect, rows

UNLIMITED = "openverse-minute=100000,openverse-day=100000"
BIG = "https://live.staticflickr.com/1943/31193961378_64a3cbe9f8_b.jpg"


class Searcher:
    """A sandbox with its faults, a catalog and a source that asks with a clock of its own."""

    def __init__(self, url: str, catalog: Catalog) -> None:
        self.url, self.catalog, self.seconds = url, catalog, 1_800_000_000.0
        self.source = self.fresh()

    def fresh(self) -> OpenverseSource:
        client = client_at(f"{self.url}/v1/", Patience(first_pause_seconds=0.01))
        return OpenverseSource(
            "sandbox", client, self.catalog, no_fetcher, clock=lambda: self.seconds
        )

    def crawl(self, of: Recipe, keyword: str = "crow") -> int:
        return collect_keyword(self.catalog, self.source, of, keyword, keyword)

    def control(self, orders: dict[str, Any] | None = None) -> Any:
        body = json.dumps(orders).encode() if orders else None
        with urllib.request.urlopen(f"{self.url}/control?brief=1", data=body) as answer:
            return json.load(answer)

    @property
    def calls(self) -> int:
        return int(self.control()["calls"].get("openverse.images", 0))


def client_at(url: str, patience: Patience | None = None) -> OpenverseClient:
    settings = load_settings().model_copy(update={"openverse_url": url})
    return OpenverseClient(settings, patience)


def no_fetcher() -> Fetcher:
    raise AssertionError("a search fetches no photo")


@pytest.fixture
def searcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searcher]:
    with running(drawn_universe(400), parse_faults(UNLIMITED)) as url:
        point_to(monkeypatch, tmp_path, url)
        with open_catalog(load_settings()) as catalog:
            yield Searcher(url, catalog)


def test_a_search_brings_what_those_without_a_key_may_see(searcher: Searcher) -> None:
    assert searcher.crawl(asked("openverse")) == 240
    assert searcher.calls == 12


def test_the_check_of_a_keyword_costs_its_crawl_no_call(searcher: Searcher) -> None:
    of = asked("openverse", photos_per_keyword=10)
    searcher.source.refuse_empty(of, set())
    assert searcher.calls == 3
    assert searcher.crawl(of) >= 10
    assert searcher.calls == 3


def test_only_licences_that_permit_the_uses_are_brought(searcher: Searcher) -> None:
    searcher.crawl(asked("openverse", uses=("commercial", "adapt")))
    found = {license for (license,) in rows("SELECT DISTINCT license FROM photos")}
    assert found == {"cc-by-2.0", "cc-by-sa-2.0", "cc0-1.0", "public-domain-mark"}


def test_a_photo_has_one_id_and_owner_whether_flickr_or_openverse_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox_url: str
) -> None:
    point_to(monkeypatch, tmp_path, sandbox_url)
    monkeypatch.setenv("MENAGERIE_OPENVERSE_URL", f"{sandbox_url}/v1/")
    of = asked("openverse", photos_per_keyword=20)
    collect(of)
    owners = rows("SELECT photo_id, owner FROM photos ORDER BY 1")
    collect(asked("flickr"))
    after = dict(rows("SELECT photo_id, owner FROM photos"))
    assert len(owners) >= 60 - 20
    assert {photo: after[photo] for photo, _ in owners} == dict(owners)
    assert rows("SELECT DISTINCT source FROM photos") == [("sandbox",)]


def test_a_keyword_that_finds_nothing_is_refused(searcher: Searcher) -> None:
    with pytest.raises(EmptySearchError, match="knows no photo of Flickr for the keyword 'teapot'"):
        searcher.source.refuse_empty(asked_for_teapots(), set())


def asked_for_teapots() -> Recipe:
    text = asked("openverse").to_toml().replace('"monkey"', '"teapot"')
    return parse_recipe(text, "a test")


def test_a_day_that_is_used_up_ends_with_the_time_and_goes_on_later(searcher: Searcher) -> None:
    of = asked("openverse")
    searcher.control({"faults": "openverse-minute=100000,openverse-day=5"})
    with pytest.raises(OpenverseError, match=r"until \d{4}-.*UTC. What was found is kept"):
        searcher.crawl(of)
    assert rows("SELECT count(*) FROM photos") == [(100,)]
    searcher.control({"faults": UNLIMITED})
    searcher.source = searcher.fresh()
    before = searcher.calls
    searcher.crawl(of)
    assert searcher.calls - before == 7
    assert rows("SELECT count(*) FROM photos") == [(240,)]


def test_a_minute_that_is_used_up_is_waited_for(searcher: Searcher) -> None:
    searcher.control({"faults": f"{UNLIMITED},429-retry-after=0.5,retry-after=1"})
    assert searcher.crawl(asked("openverse", photos_per_keyword=60)) >= 60


def test_what_was_asked_is_not_asked_again_for_six_days(searcher: Searcher) -> None:
    of = asked("openverse", photos_per_keyword=20)
    searcher.crawl(of)
    searcher.crawl(of)
    assert searcher.calls == 1
    searcher.seconds += ASK_AGAIN_SECONDS
    searcher.source = searcher.fresh()
    searcher.crawl(of)
    assert searcher.calls == 2


def test_a_search_that_was_cut_off_after_its_last_page_asks_for_no_more(
    searcher: Searcher,
) -> None:
    of = asked("openverse")
    searcher.crawl(of)
    with searcher.catalog.begin() as connection:
        # What a kill leaves between the fifth and last page of 90 photos and the end.
        connection.exec_driver_sql(
            "UPDATE searches SET started_at = covered_until, reached = 5, covered_until = NULL,"
            " estimate = 90"
        )
    before = searcher.calls
    assert list(searcher.fresh().crawl(of, "crow")) == []
    assert searcher.calls == before
    assert rows("SELECT started_at, covered_until FROM searches") == [(None, 1_800_000_000)]


def test_faults_are_outlasted(searcher: Searcher) -> None:
    searcher.control({"faults": f"{UNLIMITED},all=0.2,slow-seconds=0.1,retry-after=0"})
    assert searcher.crawl(asked("openverse")) == 240


def test_a_refusal_says_why(searcher: Searcher) -> None:
    client = client_at(f"{searcher.url}/v1/")
    with pytest.raises(OpenverseError, match=r"status 401 \(it said: Anonymous requests"):
        client.search("crow", (), 13)
    with pytest.raises(OpenverseError, match="status 404"):
        client_at(f"{searcher.url}/v9/").search("crow", (), 1)


def test_nobody_there_is_said_soon() -> None:
    client = client_at("http://127.0.0.1:9/v1/", Patience(first_pause_seconds=0.01))
    with pytest.raises(OpenverseError, match=r"no usable answer at 127\.0\.0\.1:9 in 5 attempts"):
        client.search("crow", (), 1)


def test_a_plan_costs_one_call(searcher: Searcher) -> None:
    plan = searcher.source.plan(asked("openverse"), "crow", "crow")
    assert (plan.search_calls, plan.downloads, searcher.calls) == (12, 240, 1)


def test_smaller_files_are_known_by_their_suffix() -> None:
    found = {
        r.name: (r.url[len(BIG) - 6 :], r.width, r.height) for r in renditions_of(BIG, 1024, 683)
    }
    assert found == {
        "l": ("_b.jpg", 1024, 683),
        "z": ("_z.jpg", 640, 427),
        "m": (".jpg", 500, 333),
        "w": ("_w.jpg", 400, 267),
        "n": ("_n.jpg", 320, 213),
        "s": ("_m.jpg", 240, 160),
        "t": ("_t.jpg", 100, 67),
    }


@pytest.mark.parametrize(
    ("url", "size", "names"),
    [
        (BIG.replace("_b", ""), (500, 334), "mwnst"),
        (BIG.replace("_b", "_o"), (4000, 3000), "o"),
        (BIG, (0, 0), ["url"]),
        ("https://example.org/crow.png", (640, 480), ["url"]),
        ("", (1024, 683), ""),
        # The dimensions of the original beside a smaller file: the file's own are computed.
        (BIG.replace("_b", "_z"), (4000, 3000), "zmwnst"),
    ],
)
def test_nothing_is_enlarged_or_made_up(url: str, size: tuple[int, int], names: str) -> None:
    found = renditions_of(url, *size)
    assert [r.name for r in found] == list(names)
    if len(found) > 1:
        assert max(found[0].width, found[0].height) <= 1024


def test_every_licence_of_openverse_is_one_of_ours() -> None:
    for license in LICENSES:
        name = name_of(license)
        if name is not None:
            version = "1.0" if name == "pdm" else license.id.rpartition("-")[2]
            assert license_of(name, version) is license
    assert sum(name_of(license) is not None for license in LICENSES) == 14
    assert license_of("by", "9.9").id == "unknown"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["results", "result_count", "url", "tags", "source", "width", "name"]),
        inner,
        max_size=5,
    ),
)  # fmt: skip


@given(JSON)
def test_the_parser_raises_only_our_error(document: object) -> None:
    with contextlib.suppress(ParseError):
        parse_results(document)
