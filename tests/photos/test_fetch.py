"""Fetching, from a real server: patience for hosts, verdicts for photos."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from menagerie.curation.reasons import Reason
from menagerie.errors import StoppedError
from menagerie.flickr.parsers import EXTRAS, parse_search
from menagerie.flickr.renditions import by_preference
from menagerie.photos.fetch import (
    CONNECTIONS,
    LOOK_AHEAD,
    Fetcher,
    Wanted,
)
from menagerie.photos.row import Rendition
from menagerie.photos.store import PhotoStore
from menagerie.retry import Patience
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import KINDS, parse_faults
from menagerie.sandbox.server import running
from tests.builders import encoded, picture
from tests.conftest import KEY
from tests.photos.fetching import QUICK, fetch, wanted
from tests.photos.hosts import JPEG, Handler, host, send


def test_bytes_are_stored_under_their_hash(tmp_path: Path) -> None:
    with host(send) as netloc:
        got = fetch(tmp_path, netloc)
    assert got.sha256 is not None
    assert PhotoStore(str(tmp_path / "store")).read(got.sha256) == JPEG
    assert (got.fault, got.attempts, got.bytes) == (None, 1, len(JPEG))
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, Reason.GONE), (410, Reason.GONE), (403, Reason.REFUSED), (451, Reason.REFUSED)],
)
def test_what_is_gone_or_refused_is_asked_once(tmp_path: Path, status: int, reason: Reason) -> None:
    with host(lambda handler: send(handler, status=status)) as netloc:
        got = fetch(tmp_path, netloc)
    assert (got.fault, got.attempts, got.sha256) == (reason, 1, None)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_host_in_trouble_is_asked_again_and_then_left_for_later(
    tmp_path: Path, status: int
) -> None:
    with host(lambda handler: send(handler, status=status)) as netloc:
        got = fetch(tmp_path, netloc)
    assert (got.fault, got.attempts) == (Reason.DOWNLOAD_FAILED, 4)
    assert str(status) in str(got.detail)


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/jpeg")
    handler.send_header("Content-Length", str(len(JPEG)))
    handler.end_headers()
    handler.wfile.write(JPEG[:100])


@pytest.mark.parametrize(
    "answer", [cut, lambda handler: send(handler, b"<html>", kind="text/html")]
)
def test_failures_use_up_no_connections(tmp_path: Path, answer: Callable[[Handler], None]) -> None:
    once = Patience(attempts=1)
    with host(answer) as netloc:
        fetcher = Fetcher(netloc, PhotoStore(str(tmp_path / "store")), tmp_path, once)
        photos = [wanted(f"http://{netloc}/{n}.jpg", key=n) for n in range(3 * CONNECTIONS)]
        results = [result for lot in fetcher.fetch_all(photos) for result in lot]
    assert {result.fault for result in results} == {Reason.DOWNLOAD_FAILED}
    assert sorted(result.key for result in results) == list(range(len(photos)))


def test_a_body_cut_off_is_never_stored(tmp_path: Path) -> None:
    with host(cut) as netloc:
        got = fetch(tmp_path, netloc)
    assert got.fault == Reason.DOWNLOAD_FAILED
    assert list(PhotoStore(str(tmp_path / "store"))) == []


def test_a_page_instead_of_a_picture_is_asked_again(tmp_path: Path) -> None:
    with host(lambda handler: send(handler, b"<html>", kind="text/html")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.DOWNLOAD_FAILED


def test_a_jpeg_of_another_shape_than_told_is_a_placeholder(tmp_path: Path) -> None:
    other, turned = encoded(picture(320, 100)), encoded(picture(240, 320))
    with host(lambda handler: send(handler, other)) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.PLACEHOLDER
    with host(lambda handler: send(handler, turned)) as netloc:
        assert fetch(tmp_path, netloc, rendition="o").fault is None


def test_a_png_where_a_jpeg_was_asked_is_a_placeholder(tmp_path: Path) -> None:
    png = encoded(picture(), "PNG")
    with host(lambda handler: send(handler, png, kind="image/png")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.PLACEHOLDER
        assert fetch(tmp_path, netloc, rendition="o").fault is None


def test_the_real_placeholder_is_known(tmp_path: Path, shared: Path) -> None:
    data = (shared / "photos/odd/unavailable-placeholder.jpg").read_bytes()
    with host(lambda handler: send(handler, data)) as netloc:
        assert fetch(tmp_path, netloc, rendition="o").fault == Reason.PLACEHOLDER


def test_no_host_is_left_for_later(tmp_path: Path) -> None:
    got = fetch(tmp_path, "127.0.0.1:9")
    assert (got.fault, got.attempts) == (Reason.DOWNLOAD_FAILED, 2)


def test_a_store_on_another_disk_takes_photos_too(tmp_path: Path) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second disk at /dev/shm")
    file = tmp_path / "photo"
    file.write_bytes(JPEG)
    with tempfile.TemporaryDirectory(dir=shm) as other:
        store = PhotoStore(other)
        store.adopt(file, "ab" * 32)
        assert store.read("ab" * 32) == JPEG
        assert list(store) == ["ab" * 32]
    assert not file.exists()


def several(netloc: str, *names: str) -> Wanted:
    return Wanted(1, tuple(Rendition(n, f"http://{netloc}/{n}.jpg", 320, 240) for n in names))


def fetcher_of(tmp_path: Path, netloc: str, **options: Any) -> Fetcher:
    store = PhotoStore(str(tmp_path / "store"))
    return Fetcher(netloc, store, tmp_path, **{"patience": QUICK, **options})


@pytest.mark.parametrize("status", [403, 404, 410])
def test_the_next_best_rendition_is_taken_where_one_cannot_be_had(
    tmp_path: Path, status: int
) -> None:
    def answer(handler: Handler) -> None:
        send(handler, status=200 if handler.path == "/m.jpg" else status)

    with host(answer) as netloc:
        got = fetcher_of(tmp_path, netloc).fetch(several(netloc, "n", "w", "m", "z"))
    assert (got.rendition, got.fault, got.attempts) == ("m", None, 3)


def test_a_photo_that_cannot_be_had_has_the_reason_of_its_best_rendition(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        send(handler, status=403 if handler.path == "/n.jpg" else 404)

    with host(answer) as netloc:
        got = fetcher_of(tmp_path, netloc).fetch(several(netloc, "n", "w", "m", "z", "o"))
    assert (got.rendition, got.fault, got.attempts) == ("n", Reason.REFUSED, 5)
    assert asked == [f"/{name}.jpg" for name in ("n", "w", "m", "z", "o")]


def test_a_deleted_photo_is_asked_for_once(tmp_path: Path) -> None:
    where = "https://combo.staticflickr.com/pw/images/en-us/photo_unavailable_l.png"
    with host(lambda handler: send(handler, b"", 302, Location=where)) as netloc:
        got = fetcher_of(tmp_path, netloc).fetch(several(netloc, "n", "m"))
    assert (got.fault, got.attempts) == (Reason.GONE, 1)


def test_a_photo_without_renditions_has_none() -> None:
    fetcher = Fetcher("h", PhotoStore("memory://none"), Path())
    assert fetcher.fetch(Wanted(1, ())).fault == Reason.NO_RENDITION


def test_a_host_that_refuses_some_photos_costs_the_others_nothing(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        send(handler, status=429 if handler.path == "/0.jpg" else 200)

    with host(answer) as netloc:
        photos = [wanted(f"http://{netloc}/{n}.jpg", key=n) for n in range(40)]
        lots = fetcher_of(tmp_path, netloc).fetch_all(photos)
        results = {result.key: result for lot in lots for result in lot}
    assert results.pop(0).fault == Reason.DOWNLOAD_FAILED
    assert {(result.fault, result.attempts) for result in results.values()} == {(None, 1)}


@pytest.mark.parametrize("status", [429, 503])
def test_everybody_waits_as_long_as_the_host_asks(tmp_path: Path, status: int) -> None:
    asked_at: list[float] = []

    def answer(handler: Handler) -> None:
        asked_at.append(time.monotonic())
        if len(asked_at) == 1:
            send(handler, status=status, Retry_After="1")
        else:
            send(handler)

    with host(answer) as netloc:
        fetcher = fetcher_of(tmp_path, netloc)
        threads = [
            threading.Timer(delay, fetcher.fetch, [wanted(f"http://{netloc}/{delay}.jpg")])
            for delay in (0, 0.3, 0.6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(asked_at) == 4
    assert asked_at[1] - asked_at[0] >= 1


def drip_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/jpeg")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    drip(handler, b"\xff")


def drip_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    drip(handler, b"x")


def drip(handler: Handler, byte: bytes) -> None:
    # A client that hangs up is what is tested.
    with suppress(ConnectionError):
        for _ in range(600):
            handler.wfile.write(byte)
            time.sleep(0.05)


@pytest.mark.parametrize("answer", [drip_body, drip_head])
def test_an_answer_that_drips_is_cut_off(tmp_path: Path, answer: Callable[[Handler], None]) -> None:
    started = time.monotonic()
    with host(answer) as netloc:
        once = Patience(attempts=1)
        fetcher = fetcher_of(tmp_path, netloc, patience=once, transfer_seconds=0.5)
        ((got,),) = fetcher.fetch_all([wanted(f"http://{netloc}/1.jpg")])
    assert got.fault == Reason.DOWNLOAD_FAILED
    assert time.monotonic() - started < 10
    assert [p for p in tmp_path.iterdir() if p.is_file()] == []


@pytest.mark.parametrize(
    "answer",
    [drip_body, drip_head, lambda handler: send(handler, status=429, Retry_After="600")],
)
def test_who_fetches_is_stopped_at_once(tmp_path: Path, answer: Callable[[Handler], None]) -> None:
    with host(answer) as netloc:
        fetcher = fetcher_of(tmp_path, netloc)
        photos = (wanted(f"http://{netloc}/{n}.jpg", key=n) for n in count())
        threading.Timer(0.5, fetcher.stop).start()
        started = time.monotonic()
        with pytest.raises(StoppedError):
            list(fetcher.fetch_all(photos))
        # A body that drips takes half a minute, and what is asked of this host ten.
        assert time.monotonic() - started < 15


def test_no_more_photos_are_looked_at_than_can_wait(tmp_path: Path) -> None:
    looked_at = 0

    def photos(netloc: str) -> Iterator[Wanted]:
        nonlocal looked_at
        for looked_at in range(1, 500):
            yield wanted(f"http://{netloc}/{looked_at}.jpg", key=looked_at)

    with host(send) as netloc:
        recorded = 0
        for lot in fetcher_of(tmp_path, netloc).fetch_all(photos(netloc)):
            assert looked_at - recorded <= LOOK_AHEAD
            recorded += len(lot)
    assert recorded == 499


def test_the_host_is_told_who_asks(tmp_path: Path) -> None:
    names: list[str] = []

    def answer(handler: Handler) -> None:
        names.append(handler.headers["User-Agent"])
        send(handler)

    with host(answer) as netloc:
        wanted = [Wanted(1, (Rendition("n", f"http://{netloc}/1.jpg", 320, 240),))]
        list(fetcher_of(tmp_path, netloc, user_agent="menagerie/1 (a; +b)").fetch_all(wanted))
    assert names == ["menagerie/1 (a; +b)"]


@pytest.mark.parametrize("length", ["rubbish", "-5", "99999999999999"])
def test_a_length_that_cannot_be_is_a_fault_of_the_host_or_file(
    tmp_path: Path, length: str
) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", length)
        handler.end_headers()

    with host(answer) as netloc:
        got = fetch(tmp_path, netloc)
    assert got.fault in {Reason.DOWNLOAD_FAILED, Reason.TOO_MANY_BYTES, None}


def test_faults_of_every_kind_on_the_host_cost_no_photo(tmp_path: Path) -> None:
    results = []
    for spec in ("", FAULTS):
        with running(drawn_universe(10), parse_faults(spec)) as url:
            fetcher = fetcher_of(tmp_path, url.removeprefix("http://"), patience=BRISK)
            lots = fetcher.fetch_all(drawn_photos(url))
            results.append({got.key: (got.fault, got.sha256) for lot in lots for got in lot})
    assert len(results[0]) == 30
    assert results[1] == results[0]


BRISK = Patience(first_pause_seconds=0.01, longest_pause_seconds=0.2)
FAULTS = (
    ",".join(f"{kind}=0.2" for kind, sides in KINDS.items() if "photo" in sides)
    + ",slow-seconds=0.05,retry-after=0"
)


def drawn_photos(url: str) -> list[Wanted]:
    """What searches for the keywords bring, from a sandbox without faults of its own."""
    found: list[Wanted] = []
    with running(drawn_universe(10)) as calm:
        for word in ("crow", "boar", "monkey"):
            query = f"method=flickr.photos.search&api_key={KEY}&text={word}&extras={EXTRAS}"
            query += "&format=json&nojsoncallback=1&per_page=500"
            answer = urllib3.request("GET", f"{calm}/services/rest/?{query}")
            for row in parse_search(answer.json()).rows:
                here = [replace(r, url=url + urlsplit(r.url).path) for r in row.renditions]
                found.append(Wanted(len(found), tuple(by_preference(here, 240))))
    return found
