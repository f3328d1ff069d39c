"""Quirks on demand: answers that look good and are not what was asked for, and rarer refusals."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from menagerie.sandbox.columns import LARGE, UNKNOWN_LICENSE
from menagerie.sandbox.faults import KINDS, QUIRKS, parse_faults
from menagerie.sandbox.placeholder import placeholder_png
from menagerie.sandbox.search import CAP
from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe
from tests.sandbox.conftest import Client

URLS = "url_t,url_s,url_n,url_w,url_m,url_z"


@contextmanager
def quirky(pool: urllib3.PoolManager, spec: str, size: int = 60) -> Iterator[Client]:
    with running(drawn_universe(size), parse_faults(spec)) as base_url:
        yield Client(base_url, pool)


def rows_with_files(client: Client) -> list[dict[str, Any]]:
    rows = client.rows(text="crow", extras=URLS, per_page=60)
    return [row for row in rows if "url_z" in row]


def test_all_means_no_quirk() -> None:
    assert not QUIRKS.keys() & KINDS.keys()
    assert parse_faults("all=1").rates.keys() == KINDS.keys()


@pytest.mark.parametrize(
    ("spec", "asked", "shown"),
    [
        ("ignored-license=1", {"license": "4"}, "license"),
        ("ignored-media=1", {"media": "videos"}, "media"),
        ("ignored-dates=1", {"max_upload_date": "1200000000"}, "dateupload"),
    ],
)
def test_a_filter_may_be_ignored(
    pool: urllib3.PoolManager, spec: str, asked: dict[str, object], shown: str
) -> None:
    extras = "license,media,date_upload"
    with quirky(pool, spec) as client:
        ignoring = client.rows(text="crow", extras=extras, per_page=60, **asked)
        client.control(faults="")
        obeying = client.rows(text="crow", extras=extras, per_page=60, **asked)
    assert len(ignoring) == 60 > len(obeying)
    assert len({row[shown] for row in ignoring}) > len({row[shown] for row in obeying})


def test_a_filter_may_be_ignored_at_times(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "ignored-license=0.5") as client:
        totals = {client.search(text="crow", license="4")["total"] for _ in range(12)}
    assert len(totals) == 2


def test_a_page_beyond_the_cap_may_be_an_error(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "offset=1", size=4_100) as client:
        last = client.call("flickr.photos.search", text="crow", per_page=500, page=CAP // 500)
        beyond = client.call("flickr.photos.search", text="crow", per_page=500, page=9)
    assert (last["stat"], beyond["code"]) == ("ok", 20)


def test_the_total_may_be_a_number(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "int-total=1") as client:
        assert isinstance(client.search(text="crow")["total"], int)


def test_a_photo_may_lie_under_another_host_name(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "redirect=1") as client:
        url = rows_with_files(client)[0]["url_n"]
        reply = client.get(url)
        assert reply.status == 302
        assert urlsplit(reply.headers["Location"]).hostname == "localhost"
        assert client.get(reply.headers["Location"]).status in (200, 302)


def test_a_placeholder_may_lie_under_another_host_name(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "placeholder-elsewhere=1") as client:
        row = rows_with_files(client)[0]
        client.control(remove=row["id"])
        location = client.get(row["url_n"]).headers["Location"]
        assert urlsplit(location).hostname == "localhost"
        assert client.get(location).data == placeholder_png()


def test_a_restricted_rendition_stays_so_and_others_are_there(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "restricted=0.5") as client:
        urls = [row[name] for row in rows_with_files(client)[:8] for name in URLS.split(",")]
        once, again = ([client.get(url).status for url in urls] for _ in range(2))
    assert once == again
    assert set(once) >= {200, 403, 404}


@pytest.mark.parametrize(("kind", "told"), [("photo-rate", None), ("photo-rate-retry-after", "1")])
def test_the_photo_host_may_have_a_limit_by_rate(
    pool: urllib3.PoolManager, kind: str, told: str | None
) -> None:
    with quirky(pool, f"{kind}=2") as client:
        url = rows_with_files(client)[0]["url_t"]
        replies = [client.get(url) for _ in range(3)]
        assert [reply.status == 429 for reply in replies] == [False, False, True]
        assert replies[2].headers.get("Retry-After") == told
        time.sleep(1.05)
        assert client.get(url).status != 429


def test_a_large_universe_has_licences_that_nobody_knows() -> None:
    numbers = drawn_universe(LARGE).listing("crow").license
    assert 0.0005 < (numbers == UNKNOWN_LICENSE).mean() < 0.002
    assert not (drawn_universe(LARGE - 1).listing("crow").license == UNKNOWN_LICENSE).any()


def test_a_large_universe_has_originals_of_other_formats(pool: urllib3.PoolManager) -> None:
    with quirky(pool, "", size=LARGE) as client:
        rows = client.rows(text="crow", extras="url_o", per_page=500)
        by_ending = {row["url_o"].rsplit(".")[-1]: row["url_o"] for row in rows if "url_o" in row}
        types = {e: client.get(url).headers["Content-Type"] for e, url in by_ending.items()}
    assert types["png"] == "image/png"
    assert types.get("gif", "image/gif") == "image/gif"
