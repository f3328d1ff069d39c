"""A universe made of a folder of photos."""

import os
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import urllib3
from PIL import Image

from menagerie.errors import CallError
from menagerie.sandbox.server import running
from menagerie.sandbox.universe import folder_universe
from tests.sandbox.conftest import Client

URLS = "url_t,url_m,url_o,o_dims,license,owner_name,date_upload,date_taken,tags"


def picture(path: Path, size: tuple[int, int] = (600, 400), turned: int = 1) -> None:
    path.parent.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = turned
    Image.new("RGB", size, (90, 120, 60)).save(path, exif=exif)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten photos of two keywords, described so that none is gone or a video by chance."""
    for number in range(8):
        picture(tmp_path / "Fox" / f"900{number}.jpg")
    picture(tmp_path / "owl" / "owl one.PNG")
    picture(tmp_path / "owl" / "9100.jpeg", turned=6)
    (tmp_path / "owl" / "notes.txt").write_text("not a photo")
    (tmp_path / "empty").mkdir()
    (tmp_path / "votes.csv").write_text("photo_id,keyword\n9000,fox\n")
    (tmp_path / "photos.csv").write_text(
        "photo_id,owner,owner_name,title,license,uploaded,taken,tags,gone,private\n"
        '9000,11@N01,Ann,"A <b>fox</b>",9,1400000000,1390000000,fox no_cv,,\n'
        "9001,,,,,,,,1,\n"
        "9002,,,,,,,,,1\n"
        "9100,,,,,,,,0,0\n"
    )
    return tmp_path


@pytest.fixture
def client(photos: Path, pool: urllib3.PoolManager) -> Iterator[Client]:
    with running(folder_universe(photos)) as base_url:
        yield Client(base_url, pool)


def row(client: Client, photo_id: str, keyword: str) -> dict[str, str]:
    rows = client.rows(text=keyword, extras=URLS, per_page=500)
    return next(row for row in rows if row["id"] == photo_id)


def test_sub_folders_are_keywords_and_digits_are_ids(client: Client) -> None:
    assert client.counters()["universe"] == {"fox": 8, "owl": 2}
    assert {found["id"] for found in client.rows(text="fox")} >= {"9000", "9003", "9007"}


def test_another_name_gets_a_stable_id_of_11_digits(photos: Path, client: Client) -> None:
    found = {found["id"] for found in client.rows(text="owl")} - {"9100"}
    again = folder_universe(photos).listing("owl").ids
    assert {len(photo_id) for photo_id in found} == {11}
    assert found < {str(photo_id) for photo_id in again}


def test_the_csv_overrides_what_is_made_up(client: Client) -> None:
    found = row(client, "9000", "fox")
    assert (found["owner"], found["ownername"], found["title"]) == ("11@N01", "Ann", "A <b>fox</b>")
    assert (found["license"], found["dateupload"]) == ("9", "1400000000")
    assert (found["datetaken"], found["tags"]) == ("2014-01-17 23:06:40", "fox no_cv")


def test_gone_photos_are_found_and_private_ones_are_not(client: Client) -> None:
    found = {found["id"] for found in client.rows(text="fox")}
    assert "9001" in found
    assert "9002" not in found
    assert client.get(row(client, "9001", "fox")["url_t"]).status == 302


def test_renditions_are_upright_and_the_original_is_raw(photos: Path, client: Client) -> None:
    found = row(client, "9100", "owl")
    sizes = client.call("flickr.photos.getSizes", photo_id="9100")["sizes"]["size"]
    assert (int(found["width_t"]), int(found["height_t"])) == (67, 100)
    assert Image.open(BytesIO(client.get(found["url_t"]).data)).size == (67, 100)
    assert (found["o_width"], found["o_height"]) == ("600", "400")
    for size in sizes:
        if size["label"] == "Original":
            assert client.get(size["source"]).data == (photos / "owl" / "9100.jpeg").read_bytes()


def test_a_broken_file_is_served_as_it_is(photos: Path, pool: urllib3.PoolManager) -> None:
    body = (photos / "Fox" / "9003.jpg").read_bytes()[:700]
    (photos / "Fox" / "9003.jpg").write_bytes(body)
    (photos / "Fox" / "9004.jpg").write_bytes(b"no picture at all")
    with running(folder_universe(photos)) as base_url:
        client = Client(base_url, pool)
        assert client.get(row(client, "9003", "fox")["url_t"]).data == body
        assert client.get(row(client, "9004", "fox")["url_m"]).data == b"no picture at all"


def test_a_file_that_vanishes_is_a_photo_that_is_gone(photos: Path, client: Client) -> None:
    url = row(client, "9005", "fox")["url_t"]
    (photos / "Fox" / "9005.jpg").unlink()
    assert client.get(url).status == 302


def test_a_larger_folder_leaves_the_old_photos_as_they_were(photos: Path) -> None:
    before = folder_universe(photos).photos([9003])[0]
    picture(photos / "owl" / "9200.jpg")
    after = folder_universe(photos).photos([9003])[0]
    assert before is not None
    assert after is not None
    assert (before.owner, before.uploaded, before.license, before.secret) == (
        after.owner, after.uploaded, after.license, after.secret,
    )  # fmt: skip


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"exists \(received .*nowhere"):
        folder_universe(tmp_path / "nowhere")


def test_a_folder_without_photos_is_told(tmp_path: Path) -> None:
    (tmp_path / "fox").mkdir()
    with pytest.raises(CallError, match="sub-folder of photos"):
        folder_universe(tmp_path)


@pytest.mark.parametrize("text", ["id,owner\n1,2\n", "photo_id,license\n9000,cc\n"])
def test_a_csv_that_cannot_be_used_is_told(photos: Path, text: str) -> None:
    (photos / "photos.csv").write_text(text)
    with pytest.raises(CallError, match=r"photos\.csv must"):
        folder_universe(photos)


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system takes UTF-8 alone")
def test_names_that_are_not_utf_8_do_no_harm(tmp_path: Path, pool: urllib3.PoolManager) -> None:
    for name in (b"caf\xe9", b"owl"):
        picture(tmp_path / os.fsdecode(name) / os.fsdecode(name + b".png"))
    with running(folder_universe(tmp_path)) as base_url:
        client = Client(base_url, pool)
        rows = client.rows(min_upload_date=1, extras="tags")
        xml = client.raw(method="flickr.photos.search", min_upload_date=1, extras="tags")
    assert "caf\udce9" in {row["tags"].split()[0] for row in rows}
    assert ElementTree.fromstring(xml.data).attrib == {"stat": "ok"}


def test_a_photo_of_3072_pixels_has_the_rendition_of_that_size(
    tmp_path: Path, pool: urllib3.PoolManager
) -> None:
    picture(tmp_path / "owl" / "1.jpg", (3_100, 300))
    (tmp_path / "photos.csv").write_text("photo_id,uploaded,gone\n1,1400000000,0\n")
    with running(folder_universe(tmp_path)) as base_url:
        client = Client(base_url, pool)
        found = client.rows(text="owl", extras="url_k,url_3k")[0]
        image = Image.open(BytesIO(client.get(found["url_3k"]).data))
    assert image.size == (int(found["width_3k"]), int(found["height_3k"])) == (3_072, 297)
    assert found["url_3k"].endswith("_3k.jpg")
