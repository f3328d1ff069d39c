"""Collecting by the command line, against a sandbox."""

import json
import random
import signal
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from tests.catalogs import ask, catalog_settings
from tests.flows.conftest import Workplace
from tests.flows.test_commands import edit


def control(url: str, orders: dict[str, Any] | None = None) -> dict[str, Any]:
    body = json.dumps(orders).encode() if orders else None
    with urllib.request.urlopen(f"{url}/control", data=body) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


@pytest.fixture
def own(workplace: Workplace) -> Iterator[Workplace]:
    """Return a workplace with a sandbox of its own and a recipe that asks for everything."""
    edit(workplace, "photos_per_keyword = 60", 'photos_per_keyword = 100000\nsort = "newest"')
    with running(drawn_universe(150)) as url:
        workplace.url = url
        yield workplace


def test_a_plan_tells_the_cost_and_fetches_nothing(own: Workplace) -> None:
    plan = json.loads(own.run("plan", "animals", "--json").stdout)
    assert [one["keyword"] for one in plan["keywords"]] == ["monkey", "boar", "crow"]
    assert all(one["windows"] == 1 and one["search_calls"] == 2 for one in plan["keywords"])
    assert plan["minutes"] == pytest.approx(plan["search_calls"] / 60, abs=0.01)
    assert own.count("SELECT count(*) FROM photos") == 0
    assert control(own.url)["photos_served"] == 0
    shown = own.run("plan", "animals")
    assert "calls" in shown.stdout


def test_what_is_found_is_recorded_first_and_fetched_later(own: Workplace) -> None:
    assert own.run("collect", "animals", "--metadata-only").returncode == 0
    assert control(own.url)["photos_served"] == 0
    found = own.count("SELECT count(*) FROM photos")
    done = own.run("collect", "animals")
    assert done.returncode == 0, done.stderr
    assert own.count("SELECT count(*) FROM photos") == found
    assert own.count("SELECT count(*) FROM files") > 0.7 * found
    status = json.loads(own.run("status", "animals", "--json").stdout)
    assert sum(status["states"].values()) == status["found"] == found
    assert all(one["share"] > 0.99 for one in status["coverage"])


def test_only_new_photos_are_asked_for_and_fetched(own: Workplace) -> None:
    assert own.run("collect", "animals").returncode == 0
    before = control(own.url)
    control(own.url, {"upload": {"keyword": "crow", "count": 12}})
    assert own.run("collect", "animals").returncode == 0
    after = control(own.url)
    assert sum(after["calls"].values()) - sum(before["calls"].values()) <= 7
    assert after["photos_served"] - before["photos_served"] <= 12
    assert not after["photos_served_again"]


def test_killed_at_many_moments_nothing_is_lost_or_fetched_twice(own: Workplace) -> None:
    command = ["collect", "animals"]
    chance = random.Random(7)
    for _ in range(5):
        child = own.start(*command)
        while not own.count("SELECT count(*) > 0 FROM photos") and child.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 1.5))
        child.send_signal(signal.SIGKILL)
        child.communicate()
    done = own.run(*command)
    assert done.returncode == 0, done.stderr
    report = control(own.url)
    stored = own.count("SELECT count(*) FROM files WHERE sha256 IS NOT NULL")
    assert stored > 250
    # A kill loses no more than the bodies that were under way.
    assert sum(report["photos_served_again"].values()) <= 5 * 16


def test_faults_of_every_kind_lose_no_photo(own: Workplace) -> None:
    with running(drawn_universe(15)) as own.url:
        assert own.run("collect", "animals").returncode == 0
    faults = parse_faults("all=0.1,slow-seconds=0.05,retry-after=0.05")
    with running(drawn_universe(15), faults) as own.url:
        own.env = {"MENAGERIE_HOME": str(own.folder / "other")}
        own.env |= catalog_settings(own.folder / "other")
        done = own.run("collect", "animals", timeout=400)
        assert done.returncode == 0, done.stderr
        assert set(control(own.url)["faults"]["injected"]) >= {"500", "502", "503", "drop", "slow"}
    with_faults = photos_of(own)
    own.env = {}
    assert photos_of(own) == with_faults != set()


def photos_of(place: Workplace) -> set[tuple[str, str | None]]:
    question = "SELECT photo_id, sha256 FROM photos LEFT JOIN files ON photo_key = key"
    return {(photo_id, sha256) for photo_id, sha256 in ask(place.settings, question)}


def test_an_expired_key_stops_at_once(own: Workplace) -> None:
    own.env = {"FLICKR_API_KEY": "e" * 32}
    done = own.run("collect", "animals")
    assert done.returncode == 2
    assert "expired" in done.stderr
    assert "e" * 32 not in done.stderr
    assert control(own.url)["calls"] == {"flickr.photos.search": 1}
