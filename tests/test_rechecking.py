"""A recheck finds what became of photos, in as few calls as possible."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.fetched import record_fetched
from menagerie.catalog.photos import Candidate, candidates, claim_dataset
from menagerie.catalog.tables import photos
from menagerie.collection import collect_keyword
from menagerie.curation.reasons import Reason
from menagerie.curation.screening import screen
from menagerie.errors import CallError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.source import FlickrSource
from menagerie.photos.fetch import Fetched
from menagerie.rechecking import ask_one_by_one, begin, findings, search_again, unseen
from menagerie.recipe import Recipe
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from menagerie.settings import load_settings
from tests.builders import recipe
from tests.conftest import point_to

BEST = recipe(source={"photos_per_keyword": 4000, "max_per_owner": 4000})
ALL = recipe(source={"sort": "newest", "photos_per_keyword": 10_000_000, "max_per_owner": 100_000})


class Keeper:
    """A catalog with what a sandbox of 9,000 crows showed; nothing is downloaded for real."""

    def __init__(self, url: str, catalog: Catalog) -> None:
        self.url, self.catalog = url, catalog
        self.client = FlickrClient(load_settings())
        claim_dataset(catalog, "animals", "sandbox")

    def collect(self, asked: Recipe, stored: int = 10_000_000) -> list[Candidate]:
        """Collect crows, and let the first so many usable ones have a file."""
        source = FlickrSource("sandbox", self.client, self.catalog, lambda: None)  # type: ignore[arg-type,return-value]
        collect_keyword(self.catalog, source, asked, "crow", "crow")
        usable = [p for p, reason in screen(candidates(self.catalog, asked), asked) if not reason]
        kept = usable[:: max(1, len(usable) // stored)]
        record_fetched(
            self.catalog,
            [Fetched(p.key, "n", 1, f"{p.key:064x}", 1) for p in kept],
        )
        return kept

    def recheck(self, asked: Recipe) -> int:
        """Recheck crows and return how many calls that took."""
        before = self.calls
        watch = begin(self.catalog, asked, "sandbox")
        search_again(self.catalog, self.client, watch, "crow", "crow")
        ask_one_by_one(self.catalog, self.client, watch, unseen(self.catalog, watch))
        return self.calls - before

    def objections(self, asked: Recipe) -> dict[str, Reason | None]:
        return {p.photo_id: reason for p, reason in screen(candidates(self.catalog, asked), asked)}

    def order(self, **orders: Any) -> None:
        data = json.dumps(orders).encode()
        urllib.request.urlopen(f"{self.url}/control", data=data).close()

    @property
    def calls(self) -> int:
        with urllib.request.urlopen(f"{self.url}/control?brief=1") as answer:
            return int(sum(json.load(answer)["calls"].values()))


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    with running(drawn_universe(9000)) as url:
        point_to(monkeypatch, tmp_path, url)
        with open_catalog(load_settings()) as catalog:
            yield Keeper(url, catalog)


def change(keeper: Keeper, kept: list[Candidate]) -> dict[str, Reason]:
    """Let one photo be removed, one go private, one change its licence, one opt out."""
    removed, private, relicensed, opted_out = (photo.photo_id for photo in kept[3:7])
    keeper.order(remove=removed, private=private, license=[relicensed, 0], opt_out=opted_out)
    return {
        removed: Reason.GONE,
        private: Reason.GONE,
        relicensed: Reason.LICENSE,
        opted_out: Reason.OPTED_OUT,
    }


@pytest.mark.parametrize("asked", [BEST, ALL], ids=["relevance", "newest"])
def test_what_became_of_photos_is_found(keeper: Keeper, asked: Recipe) -> None:
    kept = keeper.collect(asked)
    expected = change(keeper, kept)
    keeper.recheck(asked)
    objections = keeper.objections(asked)
    assert {p.photo_id: objections[p.photo_id] for p in kept if objections[p.photo_id]} == expected


def test_windows_are_searched_again_and_only_what_they_miss_is_asked_for(keeper: Keeper) -> None:
    kept = keeper.collect(ALL)
    change(keeper, kept)
    # 3 photos that no search shows any more, and a call for each full page of the windows.
    assert keeper.recheck(ALL) <= 3 + 1.5 * 9000 / 500


def test_few_photos_are_asked_for_one_by_one_instead(keeper: Keeper) -> None:
    kept = keeper.collect(ALL, stored=5)
    assert keeper.recheck(ALL) == len(kept) <= 6


def test_a_recheck_after_nothing_happened_changes_nothing(keeper: Keeper) -> None:
    keeper.collect(BEST)
    before = keeper.objections(BEST)
    assert keeper.recheck(BEST) <= 9
    assert keeper.objections(BEST) == before


def test_a_recheck_brings_no_photo_that_is_new(keeper: Keeper) -> None:
    keeper.collect(BEST)
    before = set(keeper.objections(BEST))
    keeper.order(upload={"keyword": "crow", "count": 20})
    keeper.recheck(BEST)
    assert set(keeper.objections(BEST)) == before


def test_a_photo_that_comes_back_is_no_longer_gone(keeper: Keeper) -> None:
    kept = keeper.collect(ALL)
    expected = change(keeper, kept)
    keeper.recheck(ALL)
    keeper.order(restore=list(expected))
    keeper.recheck(ALL)
    objections = keeper.objections(ALL)
    back = {photo_id for photo_id in expected if objections[photo_id] is None}
    assert back >= {photo_id for photo_id, reason in expected.items() if reason is Reason.GONE}


def test_a_recheck_that_was_cut_off_asks_for_what_it_missed(keeper: Keeper) -> None:
    keeper.collect(ALL, stored=50)
    watch = begin(keeper.catalog, ALL, "sandbox")
    ids = unseen(keeper.catalog, watch)
    ask_one_by_one(keeper.catalog, keeper.client, watch, ids[:20])
    assert unseen(keeper.catalog, watch) == ids[20:]


def test_without_a_release_nothing_is_dropped(keeper: Keeper, tmp_path: Path) -> None:
    keeper.collect(BEST)
    found = findings(keeper.catalog, BEST, tmp_path / "animals", 0)
    assert found.to_json() == {
        "dataset": "animals", "release": None, "asked": 0, "drops": {}, "others": {}
    }  # fmt: skip


def test_a_dataset_that_was_never_collected_is_refused(keeper: Keeper) -> None:
    with pytest.raises(CallError, match="menagerie collect fungi"):
        begin(keeper.catalog, recipe(dataset={"name": "fungi"}), "sandbox")


def test_photos_of_another_source_are_not_looked_for_here(keeper: Keeper) -> None:
    with pytest.raises(CallError, match=r"'sandbox'.*'flickr'"):
        begin(keeper.catalog, ALL, "flickr")


def test_a_photo_known_as_gone_is_not_asked_for_again(keeper: Keeper) -> None:
    kept = keeper.collect(ALL, stored=5)
    with keeper.catalog.begin() as connection:
        connection.execute(update(photos).where(photos.c.key == kept[0].key).values(gone_at=1))
    assert keeper.recheck(ALL) == len(kept) - 1
    with keeper.catalog.begin() as connection:
        gone = connection.scalars(select(photos.c.key).where(photos.c.gone_at.is_not(None)))
        assert list(gone) == [kept[0].key]
