"""Fetching, from a real server: patience for hosts, verdicts for photos."""

import http.server
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from menagerie.curation.reasons import Reason
from menagerie.photos.fetch import CONNECTIONS, Fetched, Fetcher, Wanted, scratch_folder
from menagerie.photos.store import PhotoStore
from menagerie.retry import Patience
from tests.builders import encoded, picture

QUICK = Patience(attempts=4, connect_attempts=2, first_pause_seconds=0.01)
JPEG = encoded(picture())
Handler = http.server.BaseHTTPRequestHandler


@contextmanager
def host(answer: Callable[[Handler], None]) -> Iterator[str]:
    """Serve one answer on loopback; yields `host:port`."""

    class Host(Handler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def send(
    handler: Handler,
    body: bytes = JPEG,
    status: int = 200,
    kind: str = "image/jpeg",
    **headers: str,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def fetch(tmp_path: Path, netloc: str, rendition: str = "n", allowed: str = "") -> Fetched:
    fetcher = Fetcher(allowed or netloc, PhotoStore(str(tmp_path / "store")), tmp_path, QUICK)
    return fetcher.fetch(Wanted(1, f"http://{netloc}/1/2_3_n.jpg", rendition))


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
        wanted = [Wanted(n, f"http://{netloc}/{n}.jpg", "n") for n in range(3 * CONNECTIONS)]
        results = [result for lot in fetcher.fetch_all(wanted) for result in lot]
    assert {result.fault for result in results} == {Reason.DOWNLOAD_FAILED}
    assert len(results) == len(wanted)


def test_a_body_cut_off_is_never_stored(tmp_path: Path) -> None:
    with host(cut) as netloc:
        got = fetch(tmp_path, netloc)
    assert got.fault == Reason.DOWNLOAD_FAILED
    assert list(PhotoStore(str(tmp_path / "store"))) == []


def test_a_page_instead_of_a_picture_is_asked_again(tmp_path: Path) -> None:
    with host(lambda handler: send(handler, b"<html>", kind="text/html")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.DOWNLOAD_FAILED


def test_a_redirect_to_the_placeholder_means_gone(tmp_path: Path) -> None:
    where = "https://s.yimg.com/pw/images/en-us/photo_unavailable.png"
    with host(lambda handler: send(handler, b"", 302, Location=where)) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.GONE


def test_a_redirect_off_the_allowed_hosts_is_not_followed(tmp_path: Path) -> None:
    with host(send) as other:
        where = f"http://{other}/x.jpg"
        with host(lambda handler: send(handler, b"", 302, Location=where)) as netloc:
            got = fetch(tmp_path, netloc)
    assert got.fault == Reason.REFUSED
    assert other in str(got.detail)


def test_a_redirect_to_an_allowed_host_is_followed(tmp_path: Path) -> None:
    with host(send) as other:
        where = f"http://{other}/x.jpg"
        with host(lambda handler: send(handler, b"", 302, Location=where)) as netloc:
            assert fetch(tmp_path, netloc, allowed=f"{netloc},{other}").sha256


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    with host(lambda handler: send(handler, b"", 302, Location="/again.jpg")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.REFUSED


def test_a_png_where_a_jpeg_was_asked_is_a_placeholder(tmp_path: Path) -> None:
    png = encoded(picture(), "PNG")
    with host(lambda handler: send(handler, png, kind="image/png")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.PLACEHOLDER
        assert fetch(tmp_path, netloc, rendition="o").fault is None


def test_the_real_placeholder_is_known(tmp_path: Path, shared: Path) -> None:
    data = (shared / "photos/odd/unavailable-placeholder.jpg").read_bytes()
    with host(lambda handler: send(handler, data)) as netloc:
        assert fetch(tmp_path, netloc, rendition="o").fault == Reason.PLACEHOLDER


@pytest.mark.parametrize(
    "url",
    [
        "http://live.staticflickr.com/1.jpg",
        "https://evil.example/1.jpg",
        "https://live.staticflickr.com.evil.example/1.jpg",
        "https://live.staticflickr.com@evil.example/1.jpg",
        "https://live.staticflickr.com:8443/1.jpg",
        "https://farmX.staticflickr.com/1.jpg",
        "file:///etc/passwd",
    ],
)
def test_hosts_that_are_not_allowed_are_not_asked(tmp_path: Path, url: str) -> None:
    hosts = "live.staticflickr.com,farm*.staticflickr.com"
    fetcher = Fetcher(hosts, PhotoStore(str(tmp_path / "store")), tmp_path, QUICK)
    assert fetcher.fetch(Wanted(1, url, "n")).fault == Reason.DOWNLOAD_FAILED


def test_no_host_is_left_for_later(tmp_path: Path) -> None:
    got = fetch(tmp_path, "127.0.0.1:9")
    assert (got.fault, got.attempts) == (Reason.DOWNLOAD_FAILED, 2)


def test_downloads_of_dead_processes_are_cleared_away(tmp_path: Path) -> None:
    abandoned = tmp_path / "unfinished/999999999"
    abandoned.mkdir(parents=True)
    (abandoned / "17").write_bytes(b"half")
    with scratch_folder(tmp_path) as mine:
        (mine / "1").write_bytes(b"half")
    assert [p for p in (tmp_path / "unfinished").rglob("*") if p.is_file()] == []
    assert not abandoned.exists()


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
