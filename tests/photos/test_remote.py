"""Photos by their address: the rules of the photo hosts, and no long wait."""

import time
from pathlib import Path

import pytest

from menagerie.errors import PhotoError
from menagerie.photos.remote import RemotePhotos
from tests.photos.hosts import JPEG, Handler, host, send


def read(url: str, hosts: str, seconds: float = 60.0) -> bytes:
    with RemotePhotos(hosts, "menagerie/test", seconds) as photos:
        return photos.read(url)


def refused(url: str, hosts: str, seconds: float = 60.0) -> str:
    with pytest.raises(PhotoError) as refusal:
        read(url, hosts, seconds)
    return str(refusal.value)


def test_a_photo_of_an_allowed_host_is_read() -> None:
    agents = []

    def answer(handler: Handler) -> None:
        agents.append(handler.headers["User-Agent"])
        send(handler)

    with host(answer) as place:
        assert read(f"http://{place}/a.jpg", place) == JPEG
    assert agents == ["menagerie/test"]


def test_another_host_is_not_asked() -> None:
    asked: list[Handler] = []
    with host(asked.append) as place:
        sentence = refused(f"http://{place}/a.jpg", "live.staticflickr.com")
    assert "MENAGERIE_PHOTO_HOSTS" in sentence
    assert asked == []


@pytest.mark.parametrize("scheme", ["http", "ftp", "file"])
def test_only_https_is_fetched_from_elsewhere(scheme: str) -> None:
    assert "only https://" in refused(f"{scheme}://example.org/a.jpg", "example.org")


def test_a_redirect_to_another_host_is_not_followed() -> None:
    def away(handler: Handler) -> None:
        send(handler, b"", 302, Location="http://169.254.169.254/latest")

    with host(away) as place:
        assert "169.254.169.254" in refused(f"http://{place}/a.jpg", place)


@pytest.mark.parametrize(
    ("status", "said"), [(404, "404"), (403, "403"), (429, "429"), (500, "500")]
)
def test_a_host_that_refuses_is_quoted_soon(status: int, said: str) -> None:
    began = time.monotonic()
    with host(lambda handler: send(handler, b"no", status)) as place:
        assert refused(f"http://{place}/a.jpg", place).startswith("cannot be fetched: HTTP status")
    assert time.monotonic() - began < 10


def test_a_page_is_no_photo() -> None:
    with host(lambda handler: send(handler, b"<html>", kind="text/html")) as place:
        assert "not a picture" in refused(f"http://{place}/a.jpg", place)


def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(bytes(2**20))
        except OSError:
            pass

    with host(endless) as place:
        assert "67,108,864 bytes" in refused(f"http://{place}/a.jpg", place)


def test_a_body_that_drips_is_cut_off() -> None:
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            for _ in range(600):
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    began = time.monotonic()
    with host(drip) as place:
        assert "broke" in refused(f"http://{place}/a.jpg", place, seconds=0.5)
    assert time.monotonic() - began < 15


def test_where_nobody_listens_it_is_said_soon(tmp_path: Path) -> None:
    with host(send) as place:
        pass
    assert "no connection" in refused(f"http://{place}/a.jpg", place)
