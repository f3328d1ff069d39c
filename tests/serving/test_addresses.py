"""Photos by address: pages of Flickr and pictures of allowed hosts, and nothing else is asked."""

import http.server
from pathlib import Path

import pytest
import requests

from menagerie.errors import FlickrError, PhotoError
from menagerie.flickr.addresses import photo_id_of
from menagerie.flickr.client import Unlimited
from menagerie.serving.addresses import AddressedPhotos
from menagerie.settings import Settings
from tests.conftest import KEY, environment
from tests.photos.hosts import JPEG, host, send

PAGES = {
    "https://www.flickr.com/photos/kenichi/24379963431/": "24379963431",
    "https://flickr.com/photos/139259445@N07/24379963431/in/album-7/": "24379963431",
    "http://m.flickr.com/photos/a/1": "1",
    "https://flic.kr/p/211": str(58 * 58),
    "http://flic.kr/p/Z/": "57",
}
NO_PAGES = [
    "https://www.flickr.com/photos/kenichi/",
    "https://www.flickr.com.evil.example/photos/a/1",
    "https://evil.example/photos/a/1",
    "https://www.flickr.com:8080/photos/a/1",
    "ftp://www.flickr.com/photos/a/1",
    "https://flic.kr/p/0OIl",
    "https://[",
]


def photos(key: str = "", hosts: str = "live.staticflickr.com", **more: str) -> AddressedPhotos:
    document = {"MENAGERIE_PHOTO_HOSTS": hosts, "FLICKR_API_KEY": key, **more}
    return AddressedPhotos(Settings.model_validate(document), lambda _key: Unlimited())


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_flickr_tells_its_photo(address: str) -> None:
    assert photo_id_of(address) == PAGES[address]


@pytest.mark.parametrize("address", NO_PAGES)
def test_other_addresses_are_no_pages(address: str) -> None:
    assert photo_id_of(address) is None


def test_a_page_needs_a_key_and_says_what_else_can_be_given() -> None:
    with pytest.raises(PhotoError, match=r"FLICKR_API_KEY.*live\.staticflickr\.com"):
        photos().read("https://www.flickr.com/photos/a/1")


def test_a_page_leads_to_its_picture(tmp_path: Path, sandbox_url: str) -> None:
    found = requests.get(
        f"{sandbox_url}/services/rest/?method=flickr.photos.search&text=crow&format=json"
        f"&nojsoncallback=1&api_key={KEY}",
        timeout=60,
    ).json()["photos"]["photo"][0]
    settings = Settings.model_validate(environment(tmp_path, sandbox_url))
    addressed = AddressedPhotos(settings, lambda _key: Unlimited())
    page = f"https://www.flickr.com/photos/{found['owner']}/{found['id']}"
    assert addressed.read(page).startswith(b"\xff\xd8\xff")
    with pytest.raises(PhotoError, match="deleted or private"):
        addressed.read("https://www.flickr.com/photos/nobody/1")


def test_a_picture_of_an_allowed_host_is_read() -> None:
    with host(send) as place:
        assert photos(hosts=place).read(f"http://{place}/a.jpg") == JPEG


def test_no_other_host_is_asked() -> None:
    asked: list[str] = []

    def note(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        send(handler)

    with (
        host(note) as inner,
        host(lambda h: send(h, status=302, Location=f"http://{inner}/")) as ok,
    ):
        port = inner.partition(":")[2]
        for address in (
            f"http://{inner}/a.jpg",
            f"http://localhost:{port}/",
            f"http://[::1]:{port}/",
            f"http://{ok}@{inner}/",
            f"http://{ok}/redirected",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "no address",
        ):
            with pytest.raises(PhotoError):
                photos(hosts=ok).read(address)
    assert asked == []


def test_an_hour_without_calls_is_refused_and_not_waited_for() -> None:
    class Spent:
        def spend(self) -> float:
            return 1800.0

    settings = Settings.model_validate(
        {"FLICKR_API_KEY": KEY, "MENAGERIE_CONTACT": "https://example.org"}
    )
    with pytest.raises(FlickrError, match="30 minutes"):
        AddressedPhotos(settings, lambda _key: Spent()).read("https://www.flickr.com/photos/a/1")
