"""Photos that are uploaded while the sandbox runs."""

import time
from io import BytesIO
from pathlib import Path

import pytest
import urllib3
from PIL import Image

from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe, folder_universe
from tests.sandbox.conftest import Client

LONG_AGO = 1_300_000_000
EXTRAS = "license,date_upload,tags,url_n,url_o,owner_name"


@pytest.fixture
def uploaded(own_sandbox: Client) -> list[str]:
    """The ids of three new crows in a sandbox of forty."""
    answer = own_sandbox.control(upload={"keyword": "crow", "count": 3, "uploaded": LONG_AGO})
    ids: list[str] = answer["uploaded"]
    return ids


def found(client: Client, **asked: object) -> set[str]:
    return {row["id"] for row in client.rows(text="crow", per_page=500, **asked)}


def test_new_photos_are_found_at_their_time(own_sandbox: Client, uploaded: list[str]) -> None:
    at_once = {"min_upload_date": LONG_AGO - 200, "max_upload_date": LONG_AGO + 200}
    assert set(uploaded) == found(own_sandbox, **at_once)
    rows = own_sandbox.rows(text="crow", sort="date-posted-asc", extras=EXTRAS, per_page=500)
    dates = [int(row["dateupload"]) for row in rows]
    assert dates == sorted(dates)
    assert len(dates) == 43


def test_new_photos_are_of_now_unless_told_otherwise(own_sandbox: Client) -> None:
    answer = own_sandbox.control(upload={"keyword": "boar"})
    row = own_sandbox.rows(text="boar", per_page=1, extras="date_upload")[0]
    assert [row["id"]] == answer["uploaded"]
    assert abs(int(row["dateupload"]) - time.time()) < 60


def test_a_new_photo_has_its_file_and_its_page(own_sandbox: Client, uploaded: list[str]) -> None:
    rows = {row["id"]: row for row in own_sandbox.rows(text="crow", extras=EXTRAS, per_page=500)}
    for photo_id in uploaded:
        image = Image.open(BytesIO(own_sandbox.get(rows[photo_id]["url_n"]).data))
        assert max(image.size) == 320
        info = own_sandbox.call("flickr.photos.getInfo", photo_id=photo_id)["photo"]
        assert info["owner"]["nsid"] == rows[photo_id]["owner"]


def test_the_same_orders_make_the_same_photos(pool: urllib3.PoolManager) -> None:
    answers = []
    for _ in range(2):
        with running(drawn_universe(40)) as base_url:
            client = Client(base_url, pool)
            client.control(upload={"keyword": "crow", "count": 2, "uploaded": LONG_AGO})
            client.control(upload={"keyword": "boar", "count": 2, "uploaded": LONG_AGO})
            rows = client.rows(text="boar", extras=EXTRAS, per_page=500)
            bodies = [client.get(row["url_n"].replace(base_url, client.base_url)).data
                      for row in rows if row["dateupload"] == str(LONG_AGO)]  # fmt: skip
            answers.append(([{**row, "url_n": 0, "url_o": 0} for row in rows], bodies))
    assert answers[0] == answers[1]
    assert len(set(answers[0][1])) == 2


@pytest.mark.parametrize("order", ["remove", "private"])
def test_a_new_photo_can_go_and_come_back(
    own_sandbox: Client, uploaded: list[str], order: str
) -> None:
    own_sandbox.control(**{order: uploaded[:2]})
    assert found(own_sandbox) & set(uploaded) == {uploaded[2]}
    own_sandbox.control(restore=uploaded)
    assert found(own_sandbox) >= set(uploaded)


def test_a_new_photo_can_opt_out_and_change_its_licence(
    own_sandbox: Client, uploaded: list[str]
) -> None:
    own_sandbox.control(opt_out=uploaded[0], license=[uploaded[0], 17])
    rows = own_sandbox.rows(text="crow", license="17", extras=EXTRAS)
    assert [(row["id"], row["license"]) for row in rows] == [(uploaded[0], "17")]
    assert rows[0]["tags"].endswith("no_cv")


def test_a_keyword_of_a_folder_can_grow_too(tmp_path: Path, pool: urllib3.PoolManager) -> None:
    (tmp_path / "teapot").mkdir()
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "teapot" / "1.png")
    with running(folder_universe(tmp_path)) as base_url:
        client = Client(base_url, pool)
        client.control(upload={"keyword": "teapot", "count": 4})
        rows = client.rows(text="teapot", extras="url_n")
        assert len(rows) == 5
        assert {client.get(row["url_n"]).status for row in rows if row["id"] != "1"} == {200}


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"keyword": "teapot"}, "'teapot'"),
        ({"keyword": "crow", "count": 0}, "received 0"),
        ({"keyword": "crow", "count": "3"}, "received '3'"),
        ({"keyword": "crow", "uploaded": -1}, "received -1"),
        ({"keyword": "crow", "when": 1}, "'when'"),
        ("crow", "received 'crow'"),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused(
    own_sandbox: Client, order: object, told: str
) -> None:
    assert told in own_sandbox.control(upload=order)["error"]
