"""Openverse's image search: what is found, and what those without an account may not ask."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe
from tests.sandbox.conftest import Client

UNLIMITED = "openverse-minute=100000,openverse-day=100000"
FIELDS = {
    "id", "title", "indexed_on", "foreign_landing_url", "url", "creator", "creator_url", "license",
    "license_version", "license_url", "provider", "source", "category", "filesize", "filetype",
    "tags", "attribution", "fields_matched", "mature", "height", "width", "thumbnail",
    "detail_url", "related_url", "unstable__sensitivity",
}  # fmt: skip


@pytest.fixture(scope="module")
def openverse(pool: urllib3.PoolManager) -> Iterator[Client]:
    with running(drawn_universe(400), parse_faults(UNLIMITED)) as base_url:
        yield Client(base_url, pool)


def ask(client: Client, **asked: object) -> urllib3.BaseHTTPResponse:
    fields = {name: str(value) for name, value in asked.items()}
    return client.pool.request("GET", f"{client.base_url}/v1/images/", fields=fields)


def found(client: Client, **asked: object) -> Any:
    reply = ask(client, **asked)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    return json.loads(reply.data)


def test_an_answer_has_openverses_shape(openverse: Client) -> None:
    answer = found(openverse, q="crow", source="flickr")
    assert set(answer) == {"result_count", "page_count", "page_size", "page", "results"}
    assert (answer["page"], answer["page_size"], answer["page_count"]) == (1, 20, 12)
    assert 240 < answer["result_count"] <= 400
    assert [set(result) for result in answer["results"]] == [FIELDS] * 20


def test_a_result_is_a_photo_of_flickr(openverse: Client) -> None:
    extras = "license,owner_name,url_z,tags"
    rows = {row["id"]: row for row in openverse.rows(text="crow", per_page=500, extras=extras)}
    for result in found(openverse, q="crow", source="flickr")["results"]:
        row = rows[result["foreign_landing_url"].rsplit("/", 1)[1]]
        assert (result["title"] or "") == row["title"]
        assert (result["creator"], result["creator_url"].rsplit("/", 1)[1].replace("%40", "@")) == (
            row["ownername"], row["owner"]
        )  # fmt: skip
        assert [tag["name"] for tag in result["tags"]] == row["tags"].split()
        assert result["url"] == row.get("url_z", result["url"])
        assert openverse.get(result["url"]).status in (200, 302)


def test_nothing_has_all_rights_reserved(openverse: Client) -> None:
    pages = [found(openverse, q="crow", page=page)["results"] for page in range(1, 13)]
    results = [result for page in pages for result in page]
    assert len({result["id"] for result in results}) == 240
    assert {result["license"] for result in results} == {
        "by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd", "cc0", "pdm"
    }  # fmt: skip
    assert {result["license_version"] for result in results} == {"1.0", "2.0"}


@pytest.mark.parametrize(
    ("asked", "licenses"),
    [
        ({"license": "by,cc0"}, {"by", "cc0"}),
        ({"license_type": "commercial,modification"}, {"by", "by-sa", "cc0", "pdm"}),
        ({"license": "by,by-nc", "license_type": "commercial"}, {"by"}),
    ],
)
def test_licences_are_asked_by_name(
    openverse: Client, asked: dict[str, str], licenses: set[str]
) -> None:
    answer = found(openverse, q="boar", **asked)
    pages = [found(openverse, q="boar", page=page + 1, **asked)["results"]
             for page in range(answer["page_count"])]  # fmt: skip
    assert {result["license"] for page in pages for result in page} == licenses
    assert answer["page_count"] * 20 >= min(answer["result_count"], 240)


@pytest.mark.parametrize(
    "asked", [{"q": "teapot"}, {"q": "crow", "source": "met"}, {"q": "crow", "extension": "png"}]
)
def test_what_is_not_there_is_not_found(openverse: Client, asked: dict[str, str]) -> None:
    answer = found(openverse, **asked)
    assert (answer["result_count"], answer["page_count"], answer["results"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"page_size": 21}, 401),
        ({"page": 13}, 401),
        ({"page": 241, "page_size": 1}, 401),
        ({"page": 0}, 400),
        ({"page_size": "many"}, 400),
        ({"license": "free"}, 400),
        ({"license_type": "free"}, 400),
    ],
)
def test_what_may_not_be_asked_is_refused_with_a_detail(
    openverse: Client, asked: dict[str, object], status: int
) -> None:
    reply = ask(openverse, q="crow", **asked)
    assert reply.status == status
    assert set(json.loads(reply.data)) == {"detail"}


def test_parameters_that_change_nothing_are_ignored(openverse: Client) -> None:
    assert found(openverse, q="crow", mature="false", peaks=1) == found(openverse, q="crow")


@pytest.mark.parametrize(
    ("spec", "admitted"), [("", 20), ("openverse-minute=3", 3), ("openverse-day=2", 2)]
)
def test_too_many_requests_are_refused(pool: urllib3.PoolManager, spec: str, admitted: int) -> None:
    with running(drawn_universe(40), parse_faults(spec)) as base_url:
        client = Client(base_url, pool)
        replies = [ask(client, q="crow") for _ in range(admitted + 1)]
    assert [reply.status for reply in replies] == [200] * admitted + [429]
    assert int(replies[-1].headers["Retry-After"]) > 1
    assert "throttled" in json.loads(replies[-1].data)["detail"]


def test_openverse_fails_on_demand_too(pool: urllib3.PoolManager) -> None:
    with running(drawn_universe(40), parse_faults("503=1")) as base_url:
        assert ask(Client(base_url, pool), q="crow").status == 503
