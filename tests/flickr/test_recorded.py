"""Recorded answers, served over HTTP once more: each parses or raises our own error."""

import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from menagerie.errors import FlickrError, KeyRefusedError, MenagerieError, UnreachableError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.parsers import (
    PhotoInfo,
    SearchPage,
    parse_licenses,
    parse_photo_info,
    parse_search,
)
from menagerie.retry import Patience
from menagerie.settings import load_settings
from tests.conftest import SHARED, point_to

RECORDED = sorted((SHARED / "flickr/recorded").glob("*")) if SHARED.is_dir() else []
QUICK = Patience(attempts=2, first_pause_seconds=0.01)
LISTS = {"photo", "tag", "license", "url", "note", "person"}


def as_json(element: ET.Element) -> dict[str, Any]:
    """Write an element as Flickr's JSON has it: attributes and children, texts as _content."""
    document: dict[str, Any] = dict(element.attrib)
    if element.tag == "photos":
        document["photo"] = []
    for child in element:
        if child.tag in LISTS and element.tag not in {"rsp", "photo"}:
            document.setdefault(child.tag, []).append(as_json(child))
        else:
            document[child.tag] = as_json(child)
    if element.text and element.text.strip():
        document["_content"] = element.text
    return document


def as_answered(path: Path) -> bytes:
    """Return a recording as the API would answer it to us, who ask for JSON."""
    if path.suffix != ".xml":
        return path.read_bytes()
    document = as_json(ET.fromstring(path.read_bytes()))
    if "err" in document:
        error = document.pop("err")
        document |= {"code": int(error["code"]), "message": error["msg"]}
    return json.dumps(document).encode()


class Replay:
    """Serves one body to every request."""

    def __init__(self) -> None:
        self.body = b""
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", str(len(replay.body)))
                self.end_headers()
                self.wfile.write(replay.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    serving = Replay()
    yield serving
    serving.server.shutdown()
    serving.server.server_close()


@pytest.fixture
def client(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlickrClient:
    point_to(monkeypatch, tmp_path, replay.url)
    return FlickrClient(load_settings(), QUICK)


def ask(client: FlickrClient, replay: Replay, path: Path) -> Any:
    replay.body = as_answered(path)
    if "licenses" in path.name:
        return client.call("photos.licenses.getInfo", parse_licenses)
    if "getInfo" in path.name:
        return client.call("photos.getInfo", parse_photo_info, photo_id="1")
    return client.call("photos.search", parse_search)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_a_recorded_answer_parses_or_raises_our_own_error(
    client: FlickrClient, replay: Replay, path: Path
) -> None:
    try:
        parsed = ask(client, replay, path)
    except MenagerieError as error:
        assert "error" in path.name or "photo-row" in path.name, error
    else:
        assert "error" not in path.name
        assert parsed


def test_recorded_answers_mean_what_they_meant(client: FlickrClient, replay: Replay) -> None:
    recorded = {path.name: path for path in RECORDED}
    if not recorded:
        pytest.skip("needs recorded answers, which are not there")
    info: PhotoInfo = ask(client, replay, recorded["getInfo-1.xml"])
    assert (info.photo_id, info.license) == ("52483149404", "cc-by-2.0")
    assert info.owner == "31029865@N06"
    assert info.tags.startswith("japan tokyo koto")
    page: SearchPage = ask(client, replay, recorded["search-thatch-100-rows.xml"])
    assert (len(page.rows), page.total) == (100, 33984)
    names = {
        name.number: name.name for name in ask(client, replay, recorded["licenses-getInfo.xml"])
    }
    assert set(names) == set(range(17))
    assert names[4] == "CC BY 2.0"
    with pytest.raises(FlickrError, match="deleted or is private") as gone:
        ask(client, replay, recorded["getInfo-error-1.xml"])
    assert gone.value.code == 1
    with pytest.raises(UnreachableError, match="error 201"):
        ask(client, replay, recorded["error-201.xml"])
    with pytest.raises(UnreachableError, match="not JSON"):
        ask(client, replay, recorded["error100.jsonp.txt"])


def test_a_recorded_refusal_of_the_key_stops(client: FlickrClient, replay: Replay) -> None:
    replay.body = b'{"stat":"fail","code":100,"message":"Invalid API Key (Key has invalid format)"}'
    with pytest.raises(KeyRefusedError, match="invalid format"):
        client.call("photos.search", parse_search)
