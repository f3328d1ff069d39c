"""The control endpoint: photos change while the server runs, and everything is counted."""

import json
from typing import Any

import pytest

from menagerie.sandbox.ledger import Ledger
from tests.sandbox.conftest import Client


def some_row(client: Client) -> dict[str, Any]:
    rows = client.rows(text="crow", extras="url_n,license,tags", per_page=40)
    return next(row for row in rows if "url_n" in row and client.get(row["url_n"]).status == 200)


def is_found(client: Client, photo_id: str) -> bool:
    return photo_id in {row["id"] for row in client.rows(text="crow", per_page=500)}


def test_a_removed_photo_is_gone_everywhere(own_sandbox: Client) -> None:
    row = some_row(own_sandbox)
    assert own_sandbox.control(remove=row["id"]) == {"ok": True}
    assert not is_found(own_sandbox, row["id"])
    assert own_sandbox.call("flickr.photos.getInfo", photo_id=row["id"])["code"] == 1
    assert own_sandbox.get(row["url_n"]).status == 302


def test_a_private_photo_is_not_found_either(own_sandbox: Client) -> None:
    row = some_row(own_sandbox)
    own_sandbox.control(private=row["id"])
    assert not is_found(own_sandbox, row["id"])
    assert own_sandbox.call("flickr.photos.getSizes", photo_id=row["id"])["code"] == 1
    assert own_sandbox.get(row["url_n"]).status == 404


def test_a_new_licence_is_told_and_searched(own_sandbox: Client) -> None:
    row = some_row(own_sandbox)
    own_sandbox.control(license=[row["id"], 8])
    rows = own_sandbox.rows(text="crow", license="8", extras="license", per_page=500)
    assert (row["id"], "8") in {(found["id"], found["license"]) for found in rows}


def test_an_opt_out_adds_the_tag(own_sandbox: Client) -> None:
    row = some_row(own_sandbox)
    own_sandbox.control(opt_out=row["id"])
    photo = own_sandbox.call("flickr.photos.getInfo", photo_id=row["id"])["photo"]
    assert [tag["raw"] for tag in photo["tags"]["tag"]] == [*row["tags"].split(), "no_cv"]


def test_restoring_undoes_every_change(own_sandbox: Client) -> None:
    row = some_row(own_sandbox)
    before = own_sandbox.rows(text="crow", extras="license,tags", per_page=500)
    own_sandbox.control(remove=row["id"], opt_out=[row["id"]], license=[row["id"], 0])
    own_sandbox.control(restore=row["id"])
    assert own_sandbox.rows(text="crow", extras="license,tags", per_page=500) == before


def test_faults_are_replaced(own_sandbox: Client) -> None:
    own_sandbox.control(faults="503=1")
    assert own_sandbox.raw(method="flickr.test.echo").status == 503
    assert own_sandbox.counters()["faults"] == {"spec": "503=1", "injected": {"503": 1}}
    own_sandbox.control(faults="")
    assert own_sandbox.raw(method="flickr.test.echo").status == 200


def test_calls_and_photos_are_counted(own_sandbox: Client) -> None:
    rows = own_sandbox.rows(text="crow", extras="url_n", per_page=40)
    row = next(row for row in rows if "url_n" in row)
    for _ in range(3):
        own_sandbox.get(row["url_n"])
    counters = own_sandbox.counters()
    assert counters["calls"] == {"flickr.photos.search": 1}
    assert counters["photo_requests"] == {row["id"]: 3}
    assert (counters["photos_requested"], counters["photos_requested_again"]) == (1, {row["id"]: 3})
    assert counters["photos_served"] == 3
    assert counters["universe"] == {"monkey": 40, "boar": 40, "crow": 40}


def test_a_brief_report_names_only_photos_asked_for_again() -> None:
    ledger = Ledger()
    for number in (*range(120_000), 7):
        ledger.count_photo_request(str(number))
    report = ledger.report(brief=True)
    assert (report["photos_requested"], report["photos_requested_again"]) == (120_000, {"7": 2})
    assert "photo_requests" not in report


def test_a_photo_that_failed_at_first_was_not_served_again(own_sandbox: Client) -> None:
    row = some_row(own_sandbox)
    own_sandbox.control(faults="503=1")
    own_sandbox.get(row["url_n"])
    assert own_sandbox.counters()["photos_served_again"] == {}
    own_sandbox.control(faults="")
    own_sandbox.get(row["url_n"])
    assert own_sandbox.counters()["photos_served_again"] == {row["id"]: 2}


def test_a_report_is_brief_where_that_is_asked(own_sandbox: Client) -> None:
    reply = own_sandbox.pool.request("GET", f"{own_sandbox.base_url}/control?brief=1")
    assert set(own_sandbox.counters()) - set(json.loads(reply.data)) == {"photo_requests"}


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        ({"explode": "1"}, "'explode'"),
        ({"remove": "1"}, "no such photo"),
        ({"license": "1"}, "received '1'"),
        ({"faults": "x=1"}, "'x'"),
    ],
)
def test_an_order_that_cannot_be_obeyed_is_refused(
    own_sandbox: Client, orders: dict[str, str], told: str
) -> None:
    assert told in own_sandbox.control(**orders)["error"]


def test_a_body_that_is_no_object_is_refused(own_sandbox: Client) -> None:
    reply = own_sandbox.pool.request("POST", f"{own_sandbox.base_url}/control", body=b"[1")
    assert (reply.status, b"JSON object" in reply.data) == (400, True)
