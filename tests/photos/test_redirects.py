"""Which hosts are asked for photos, and which redirects are followed."""

from pathlib import Path

import pytest

from menagerie.curation.reasons import Reason
from menagerie.photos.fetch import Fetcher
from menagerie.photos.store import PhotoStore
from tests.photos.fetching import QUICK, fetch, wanted
from tests.photos.hosts import Handler, host, send


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


def test_a_redirect_off_the_allowed_hosts_counts_once_it_recurs(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(handler: Handler, passes_after: int) -> None:
        asked.append(handler.path)
        if len(asked) <= passes_after:
            send(handler, b"", 302, Location="https://elsewhere.example/x.jpg")
        else:
            send(handler)

    with host(lambda handler: answer(handler, passes_after=2)) as netloc:
        got = fetch(tmp_path, netloc)
    assert (got.fault, got.attempts, len(asked)) == (None, 3, 3)
    asked.clear()
    with host(lambda handler: answer(handler, passes_after=99)) as netloc:
        got = fetch(tmp_path, netloc)
    assert (got.fault, got.attempts, len(asked)) == (Reason.REFUSED, 3, 3)


def test_a_redirect_to_an_allowed_host_is_followed(tmp_path: Path) -> None:
    with host(send) as other:
        where = f"http://{other}/x.jpg"
        with host(lambda handler: send(handler, b"", 302, Location=where)) as netloc:
            assert fetch(tmp_path, netloc, allowed=f"{netloc},{other}").sha256


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    with host(lambda handler: send(handler, b"", 302, Location="/again.jpg")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.REFUSED


def test_a_redirect_to_nowhere_is_refused(tmp_path: Path) -> None:
    with host(lambda handler: send(handler, b"", 302, Location="http://[bad/x.jpg")) as netloc:
        assert fetch(tmp_path, netloc).fault == Reason.REFUSED


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
    assert fetcher.fetch(wanted(url)).fault == Reason.DOWNLOAD_FAILED
