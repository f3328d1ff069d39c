"""Questions to the API of a Prefect server, put again while its SQLite is locked."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


def send(url: str, path: str, body: Mapping[str, Any] | None = None, method: str = "POST") -> Any:
    return answer(
        urllib.request.Request(
            f"{url}/api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
    )


def ask(url: str, what: str, body: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = send(url, f"{what}/filter", body or {})
    return found


def answer(request: urllib.request.Request) -> Any:
    while True:
        try:
            with urllib.request.urlopen(request) as answered:
                return json.loads(answered.read() or "null")
        except urllib.error.HTTPError as refusal:
            # The server did nothing then: its database is busy.
            if refusal.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            refusal.close()
            time.sleep(0.2)
