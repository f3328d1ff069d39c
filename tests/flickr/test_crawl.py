"""A crawl brings everything, in few calls, and goes on where it was cut off."""

import json
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.photos import claim_dataset, record_rows
from menagerie.catalog.searches import Journal, coverage
from menagerie.collection import collect_keyword
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.search import signature
from menagerie.flickr.source import FlickrSource
from menagerie.flickr.windows import BEGAN, FLOOR_SECONDS, FULL, Slicer, Window
from menagerie.photos.fetch import Fetcher
from menagerie.recipe import Recipe
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from menagerie.settings import load_settings
from tests.builders import recipe
from tests.conftest import point_to

ALL = recipe(source={"sort": "newest", "photos_per_keyword": 10_000_000, "uses": ()})


def no_fetcher() -> Fetcher:
    raise AssertionError("a search fetches no photo")


class Crawler:
    """A catalog and a source that crawls a sandbox into it."""

    def __init__(self, url: str, catalog: Catalog) -> None:
        self.url, self.catalog = url, catalog
        self.source = self.fresh()
        claim_dataset(catalog, "animals", self.source.name)

    def fresh(self) -> FlickrSource:
        return FlickrSource("sandbox", FlickrClient(load_settings()), self.catalog, no_fetcher)

    def crawl(self, asked: Recipe = ALL, keyword: str = "crow") -> int:
        return collect_keyword(self.catalog, self.source, asked, keyword, keyword)

    def control(self, orders: dict[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps(orders).encode() if orders else None
        with urllib.request.urlopen(f"{self.url}/control", data=body) as answer:
            document: dict[str, Any] = json.load(answer)
        return document

    @property
    def calls(self) -> int:
        calls: dict[str, int] = self.control()["calls"]
        return sum(calls.values())

    def found(self) -> int:
        with self.catalog.begin() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM photos").scalar_one())


@pytest.fixture
def crawler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crawler]:
    with running(drawn_universe(9000)) as url:
        point_to(monkeypatch, tmp_path, url)
        with open_catalog(load_settings()) as catalog:
            yield Crawler(url, catalog)


def test_a_crawl_brings_more_than_a_search_shows_in_few_calls(crawler: Crawler) -> None:
    before = crawler.control()["universe"]
    crawler.crawl()
    (covered,) = coverage(crawler.catalog, ALL, "sandbox", signature(ALL.source))
    assert covered.share > 0.995, before
    assert crawler.calls <= 1.5 * 9000 / 500


def test_a_second_crawl_asks_for_what_is_new_alone(crawler: Crawler) -> None:
    crawler.crawl()
    first, found = crawler.calls, crawler.found()
    crawler.crawl()
    assert crawler.calls - first <= 3
    assert crawler.found() == found


def test_a_crawl_that_was_cut_off_goes_on_below_what_it_reached(crawler: Crawler) -> None:
    lots = crawler.source.crawl(ALL, "crow")
    first = next(lots)
    next(lots)
    lots.close()  # type: ignore[attr-defined]
    again = next(crawler.fresh().crawl(ALL, "crow"))
    assert max(row.uploaded_at for row in again) < min(row.uploaded_at for row in first)


def test_a_crawl_that_was_cut_off_when_nothing_was_left_ends(crawler: Crawler) -> None:
    journal = Journal(crawler.catalog, "sandbox", signature(ALL.source), "crow")
    journal.begin(9000, 1_700_000_000)
    journal.reach(Window(BEGAN, 1_700_000_000), 9000)
    assert crawler.source.plan(ALL, "crow", "crow").windows == 0
    assert list(crawler.fresh().crawl(ALL, "crow")) == []
    progress = journal.read()
    assert progress is not None
    assert (progress.started_at, progress.covered_until) == (None, 1_700_000_000)


def test_the_newest_are_brought_when_not_all_are_wanted(crawler: Crawler) -> None:
    crawler.crawl()
    with crawler.catalog.begin() as connection:
        newest = connection.exec_driver_sql(
            "SELECT photo_id FROM photos WHERE media = 'photo' AND renditions != '[\"\"]'"
            " ORDER BY uploaded_at DESC, photo_id LIMIT 50"
        ).scalars()
        expected = set(newest)
    few = recipe(source={"sort": "newest", "photos_per_keyword": 50, "uses": ()})
    (rows,) = crawler.fresh().crawl(few, "crow")
    assert {row.photo_id for row in rows} >= expected


def test_a_plan_costs_a_call_a_window_and_downloads_nothing(crawler: Crawler) -> None:
    plan = crawler.source.plan(ALL, "crow", "crow")
    assert plan.estimated == pytest.approx(9000, rel=0.1)
    assert plan.downloads == pytest.approx(plan.estimated, rel=0.02)
    assert crawler.calls <= 2 * plan.windows + 1
    planned = crawler.calls
    crawler.crawl()
    assert crawler.calls - planned == pytest.approx(plan.search_calls, abs=2)


def test_answers_that_ignore_what_was_asked_cost_no_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = recipe(source={"sort": "newest", "photos_per_keyword": 10_000_000})
    found: list[set[str]] = []
    for faults in ("", "ignored-license=0.3,ignored-dates=0.2,offset=0.5,int-total=0.5"):
        with running(drawn_universe(6000), parse_faults(faults)) as url:
            point_to(monkeypatch, tmp_path / str(len(found)), url)
            with open_catalog(load_settings()) as catalog:
                Crawler(url, catalog).crawl(asked)
                with catalog.begin() as connection:
                    ids = connection.exec_driver_sql(
                        "SELECT photo_id FROM photos WHERE license != 'all-rights-reserved'"
                    ).scalars()
                    found.append(set(ids))
    assert found[0] == found[1]


def test_a_limited_crawl_that_was_cut_off_brings_no_more_than_was_asked(crawler: Crawler) -> None:
    few = recipe(source={"sort": "newest", "photos_per_keyword": 5000, "uses": ()})
    lots = crawler.source.crawl(few, "crow")
    record_rows(crawler.catalog, "sandbox", "animals", "crow", "crow", next(lots))
    next(lots)
    lots.close()  # type: ignore[attr-defined]
    crawler.source = crawler.fresh()
    crawler.crawl(few)
    (covered,) = coverage(crawler.catalog, few, "sandbox", signature(few.source))
    assert covered.estimated == 5000
    assert 5000 <= covered.found < 5200  # Videos are recorded, too, and do not count.


def test_a_plan_by_relevance_counts_the_calls_of_the_collect(crawler: Crawler) -> None:
    some = recipe(source={"photos_per_keyword": 900, "uses": ()})
    plan = crawler.source.plan(some, "crow", "crow")
    before = crawler.calls
    crawler.crawl(some)
    assert crawler.calls - before == plan.search_calls == 2


class Forgetful:
    def window_below(self, latest: int) -> None:
        return None


@given(
    st.lists(st.integers(0, 4_000_000), max_size=400),
    st.integers(1, 60),
)
def test_windows_are_disjoint_and_hold_every_moment(seconds: list[int], weight: int) -> None:
    """Every photo stands for `weight` hundred, so that windows must be cut."""
    whole = Window(BEGAN, BEGAN + 4_000_000)
    uploads = [BEGAN + second for second in seconds]
    slicer, taken = Slicer(whole, Forgetful()), []
    for window in slicer.windows():
        total = 100 * weight * sum(window.earliest <= at <= window.latest for at in uploads)
        if total > FULL and window.can_be_halved:
            slicer.cut(window, total)
            continue
        taken.append(window)
        slicer.take(window, total)
    assert taken[0].latest == whole.latest
    assert taken[-1].earliest == whole.earliest
    assert all(a.earliest == b.latest + 1 for a, b in pairwise(taken))
    assert all(window.seconds >= FLOOR_SECONDS for window in taken[:-1])
