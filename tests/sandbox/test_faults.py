"""Faults on demand: what a client sees of each kind, and how they are asked for."""

import json
import time

import pytest
import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead, ProtocolError

from menagerie.errors import CallError
from menagerie.sandbox.faults import KINDS, Faults, draw_fault, parse_faults
from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe
from tests.sandbox.conftest import KEY, Client

UNIVERSE = drawn_universe(40)


def ask(client: Client) -> urllib3.BaseHTTPResponse:
    return client.raw(method="flickr.photos.search", text="crow", format="json", nojsoncallback=1)


def photo_url(client: Client) -> str:
    """The address of a whole photo, asked for while nothing fails."""
    spec = client.counters()["faults"]["spec"]
    client.control(faults="")
    rows = client.rows(text="crow", sort="date-posted-asc", extras="url_n", per_page=40)
    url: str = next(row["url_n"] for row in rows if "url_n" in row)
    client.control(faults=spec)
    return url


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_status_is_seen_on_both_hosts(pool: urllib3.PoolManager, status: int) -> None:
    with running(UNIVERSE, parse_faults(f"{status}=1")) as base_url:
        client = Client(base_url, pool)
        for reply in (ask(client), client.get(photo_url(client))):
            assert reply.status == status
            assert "Retry-After" not in reply.headers
            assert reply.data.startswith(b"<html>")


def test_a_429_may_say_when_to_come_back(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("429-retry-after=1,retry-after=3")) as base_url:
        reply = ask(Client(base_url, pool))
    assert (reply.status, reply.headers["Retry-After"]) == (429, "3")


def test_a_drop_breaks_the_body_on_both_hosts(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("drop=1")) as base_url:
        client = Client(base_url, pool)
        with pytest.raises((IncompleteRead, ProtocolError)):
            ask(client)
        with pytest.raises((IncompleteRead, ProtocolError)):
            client.get(photo_url(client))


def test_slow_answers_late_and_well(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("slow=1,slow-seconds=0.3")) as base_url:
        started = time.monotonic()
        reply = ask(Client(base_url, pool))
    assert time.monotonic() - started >= 0.3
    assert json.loads(reply.data)["stat"] == "ok"


def test_html_comes_instead_of_json(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("html=1")) as base_url:
        reply = ask(Client(base_url, pool))
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_105_is_an_error_of_the_api(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("105=1")) as base_url:
        answer = json.loads(ask(Client(base_url, pool)).data)
    assert (answer["stat"], answer["code"]) == ("fail", 105)


def test_a_photo_may_come_as_a_page_of_html(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("content-type=1")) as base_url:
        client = Client(base_url, pool)
        assert json.loads(ask(client).data)["stat"] == "ok"
        reply = client.get(photo_url(client))
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_a_retry_eventually_works(pool: urllib3.PoolManager) -> None:
    def works(client: Client) -> bool:
        try:
            return bool(json.loads(ask(client).data)["stat"] == "ok")
        except (HTTPError, ValueError):
            return False

    with running(UNIVERSE, parse_faults("all=0.2,slow-seconds=0,seed=3")) as base_url:
        outcomes = [works(Client(base_url, pool)) for _ in range(20)]
    assert set(outcomes) == {True, False}


def test_two_sandboxes_fail_alike_for_any_key(pool: urllib3.PoolManager) -> None:
    statuses = []
    for key in (KEY, KEY[::-1]):
        with running(UNIVERSE, parse_faults("500=0.5")) as base_url:
            client = Client(base_url, pool)
            replies = [client.raw(method="flickr.test.echo", api_key=key) for _ in range(12)]
            statuses.append([reply.status for reply in replies])
    assert statuses[0] == statuses[1]
    assert set(statuses[0]) == {200, 500}


def test_control_and_placeholder_never_fail(pool: urllib3.PoolManager) -> None:
    with running(UNIVERSE, parse_faults("all=1,slow-seconds=0")) as base_url:
        client = Client(base_url, pool)
        assert client.control(faults="all=1") == {"ok": True}
        png = client.get(f"{base_url}/pw/images/en-us/photo_unavailable.png")
    assert (png.status, png.headers["Content-Type"]) == (200, "image/png")


def test_a_rate_is_kept_over_many_requests() -> None:
    faults = parse_faults("drop=0.1")
    hits = sum(draw_fault(faults, "photo", f"/{n}.jpg", 0).kind == "drop" for n in range(4000))
    assert 320 < hits < 480


def test_a_kind_stays_on_its_own_host() -> None:
    faults = parse_faults("html=1,105=1")
    assert draw_fault(faults, "photo", "/1.jpg", 0).kind is None
    assert draw_fault(parse_faults("content-type=1"), "rest", "x", 0).kind is None


def test_a_bare_rate_stands_for_every_kind() -> None:
    assert parse_faults("0.1").rates == dict.fromkeys(KINDS, 0.1) == parse_faults("all=0.1").rates


def test_a_named_kind_outranks_all() -> None:
    assert parse_faults("drop=0, all=0.5").rates.keys() == KINDS.keys() - {"drop"}


def test_nothing_asked_is_no_fault() -> None:
    assert parse_faults("").rates == Faults().rates == {}


def test_settings_say_how_faults_look() -> None:
    faults = parse_faults("429=0.1, seed=5, slow-seconds=0.5, retry-after=2")
    assert (faults.rates, faults.seed) == ({"429": 0.1}, 5)
    assert (faults.slow_seconds, faults.retry_after_seconds) == (0.5, 2)


@pytest.mark.parametrize(
    "spec", ["429=2", "429=-1", "429=x", "429=nan", "meteor=0.1", "x", "seed=y"]
)
def test_a_bad_spec_is_told_with_what_was_received(spec: str) -> None:
    with pytest.raises(CallError, match=r"received '(2|-1|x|nan|meteor|y)'"):
        parse_faults(spec)
