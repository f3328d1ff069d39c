"""One sandbox over HTTP for the tests that only look, and a client to look with."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from menagerie.sandbox.server import running
from menagerie.sandbox.universe import drawn_universe

KEY = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Client:
    """Asks a sandbox as a crawler would."""

    base_url: str
    pool: urllib3.PoolManager

    def raw(self, **parameters: object) -> urllib3.BaseHTTPResponse:
        fields = {"api_key": KEY, **{name: str(value) for name, value in parameters.items()}}
        return self.pool.request("GET", f"{self.base_url}/services/rest/", fields=fields)

    def call(self, method: str, **parameters: object) -> Any:
        reply = self.raw(method=method, format="json", nojsoncallback=1, **parameters)
        return json.loads(reply.data)

    def search(self, **parameters: object) -> Any:
        return self.call("flickr.photos.search", **parameters)["photos"]

    def rows(self, **parameters: object) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.search(**parameters)["photo"]
        return rows

    def get(self, url: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request("GET", url, redirect=False, headers=headers)

    def control(self, **orders: object) -> Any:
        reply = self.pool.request("POST", f"{self.base_url}/control", json=orders)
        return json.loads(reply.data)

    def counters(self) -> Any:
        return json.loads(self.pool.request("GET", f"{self.base_url}/control").data)


@pytest.fixture(scope="session")
def pool() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=10) as manager:
        yield manager


@pytest.fixture(scope="session")
def sandbox(pool: urllib3.PoolManager) -> Iterator[Client]:
    """A sandbox that no test changes."""
    with running(drawn_universe(240)) as base_url:
        yield Client(base_url, pool)


@pytest.fixture
def own_sandbox(pool: urllib3.PoolManager) -> Iterator[Client]:
    """A sandbox for one test alone, to change or to count."""
    with running(drawn_universe(40)) as base_url:
        yield Client(base_url, pool)
