"""The photo host: which renditions there are, what is in them, and what is gone."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import urllib3
from PIL import Image

from menagerie.sandbox.placeholder import placeholder_png
from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe
from tests.sandbox.conftest import Client

URLS = "url_sq,url_q,url_t,url_s,url_n,url_w,url_m,url_z,url_c,url_l,url_o,o_dims"


def plain_row(client: Client) -> dict[str, Any]:
    """A row whose photo is whole and whose original is offered."""
    rows = client.rows(text="crow", sort="date-posted-asc", extras=URLS, per_page=100)
    return next(row for row in rows if "url_o" in row and "url_z" in row)


def test_a_rendition_has_the_dimensions_of_its_row(sandbox: Client) -> None:
    row = plain_row(sandbox)
    for size in ("sq", "q", "t", "s", "n", "w", "m", "z", "o"):
        reply = sandbox.get(row[f"url_{size}"])
        image = Image.open(BytesIO(reply.data))
        assert image.size == (int(row[f"width_{size}"]), int(row[f"height_{size}"]))
        assert (reply.status, reply.headers["Content-Type"]) == (200, "image/jpeg")
        assert int(reply.headers["Content-Length"]) == len(reply.data)


def test_nothing_is_enlarged(sandbox: Client) -> None:
    for row in sandbox.rows(text="monkey", extras=URLS, per_page=500):
        shortest, longest = sorted((int(row["o_width"]), int(row["o_height"])))
        for size, edge in (("t", 100), ("n", 320), ("m", 500), ("z", 640), ("c", 800)):
            assert (f"url_{size}" in row) <= (longest >= edge)
        for size, edge in (("sq", 75), ("q", 150)):
            assert (f"url_{size}" in row) == (shortest >= edge)


def test_a_tiny_photo_is_there_as_original_only(sandbox: Client) -> None:
    rows = sandbox.rows(text="monkey", extras=URLS, per_page=500)
    tiny = [row for row in rows if max(int(row["o_width"]), int(row["o_height"])) == 60]
    assert tiny
    assert {key for row in tiny for key in row if key.startswith("url_")} == {"url_o"}


def test_the_same_rendition_comes_from_every_sandbox(
    sandbox: Client, pool: urllib3.PoolManager
) -> None:
    row = plain_row(sandbox)
    body = sandbox.get(row["url_m"]).data
    with running(drawn_universe(240)) as base_url:
        other = pool.request("GET", row["url_m"].replace(sandbox.base_url, base_url))
    assert body == sandbox.get(row["url_m"]).data == other.data


def test_renditions_on_disk_are_used_again(tmp_path: Path, pool: urllib3.PoolManager) -> None:
    bodies = []
    for _ in range(2):
        with running(drawn_universe(40), cache_dir=tmp_path) as base_url:
            client = Client(base_url, pool)
            bodies.append(client.get(plain_row(client)["url_n"]).data)
        (cached,) = (path for path in tmp_path.rglob("*") if path.is_file())
        assert cached.read_bytes() == bodies[0]
        cached.write_bytes(b"\xff\xd8\xff from the disk")
        bodies[0] = cached.read_bytes()
    assert bodies[1] == b"\xff\xd8\xff from the disk"


def test_an_etag_saves_the_body(sandbox: Client) -> None:
    url = plain_row(sandbox)["url_n"]
    etag = sandbox.get(url).headers["ETag"]
    again = sandbox.get(url, **{"If-None-Match": etag})
    assert (again.status, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("part", "other"), [("secret", "0123456789"), ("id", "12345678901"), ("suffix", "_x.jpg")]
)
def test_a_wrong_secret_id_or_size_is_not_found(sandbox: Client, part: str, other: str) -> None:
    row = plain_row(sandbox)
    given = {"secret": row["secret"], "id": row["id"], "suffix": "_n.jpg"}[part]
    assert sandbox.get(row["url_n"].replace(given, other)).status == 404


def test_the_secret_of_renditions_does_not_open_the_original(sandbox: Client) -> None:
    row = plain_row(sandbox)
    assert sandbox.get(row["url_n"].replace("_n.jpg", "_o.jpg")).status == 404


def test_a_gone_photo_is_in_the_results_but_leads_to_the_placeholder(sandbox: Client) -> None:
    rows = sandbox.rows(text="monkey", extras="url_t", per_page=500)
    gone = [row for row in rows if "url_t" in row and sandbox.get(row["url_t"]).status == 302]
    assert 2 <= len(gone) <= 6
    assert sandbox.call("flickr.photos.getInfo", photo_id=gone[0]["id"])["code"] == 1
    followed = sandbox.pool.request("GET", gone[0]["url_t"], retries=2)
    assert followed.url == f"{sandbox.base_url}/pw/images/en-us/photo_unavailable.png"
    assert (followed.status, followed.data) == (200, placeholder_png())
