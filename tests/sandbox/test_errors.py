"""Errors of the API on demand: each of them can be ordered, and some happen at a rate."""

import json
from xml.etree import ElementTree

import pytest
import urllib3

from menagerie.sandbox.errors import MESSAGES, UNAVAILABLE
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe
from tests.sandbox.conftest import Client

CODES = (0, 1, 2, 3, 10, 18, 20, 95, 96, 97, 98, 99, 100, 105, 106, 111, 112, 114, 115, 116, 201)


def search(client: Client) -> tuple[int | None, str]:
    answer = client.call("flickr.photos.search", text="crow")
    return answer.get("code"), answer.get("message", answer["stat"])


@pytest.mark.parametrize("code", CODES)
def test_every_error_can_be_ordered_once(own_sandbox: Client, code: int) -> None:
    own_sandbox.control(error={"code": code})
    assert search(own_sandbox) == (code, MESSAGES[code])
    assert search(own_sandbox) == (None, "ok")


def test_an_unavailable_service_says_so_in_xml(own_sandbox: Client) -> None:
    own_sandbox.control(error={"code": 201})
    reply = own_sandbox.raw(method="flickr.photos.search", text="crow")
    root = ElementTree.fromstring(reply.data)
    assert (reply.status, root.attrib) == (200, {"stat": "fail"})
    assert root[0].attrib == {"code": "201", "msg": UNAVAILABLE}


def test_an_error_may_come_several_times_with_words_of_its_own(own_sandbox: Client) -> None:
    own_sandbox.control(error={"code": 10, "message": "Lunch", "times": 2})
    own_sandbox.control(error={"code": 105})
    assert [search(own_sandbox)[0] for _ in range(4)] == [10, 10, 105, None]


def test_an_error_may_wait_for_its_method(own_sandbox: Client) -> None:
    own_sandbox.control(error={"code": 99, "method": "flickr.photos.getInfo"})
    assert search(own_sandbox) == (None, "ok")
    assert own_sandbox.call("flickr.photos.getInfo", photo_id="1")["code"] == 99


def test_ordered_errors_can_be_taken_back(own_sandbox: Client) -> None:
    own_sandbox.control(error={"code": 10, "times": 1_000})
    own_sandbox.control(error=None)
    assert search(own_sandbox) == (None, "ok")


@pytest.mark.parametrize("order", [{}, {"code": "10"}, {"code": 10, "times": 0}, 10])
def test_an_error_that_makes_no_sense_is_refused(own_sandbox: Client, order: object) -> None:
    assert "received" in own_sandbox.control(error=order)["error"]


@pytest.mark.parametrize("code", [0, 10, 105, 106, 201])
def test_a_passing_error_may_happen_at_a_rate(pool: urllib3.PoolManager, code: int) -> None:
    with running(drawn_universe(40), parse_faults(f"{code}=1")) as base_url:
        client = Client(base_url, pool)
        assert search(client) == (code, MESSAGES[code])
        assert client.counters()["faults"]["injected"] == {str(code): 1}


def test_a_key_may_have_expired(sandbox: Client) -> None:
    reply = sandbox.raw(
        method="flickr.test.echo", api_key="e" * 32, format="json", nojsoncallback=1
    )
    assert json.loads(reply.data) == {
        "stat": "fail", "code": 100, "message": "Invalid API Key (Key has expired)"
    }  # fmt: skip
