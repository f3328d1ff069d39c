"""Asking the parts over HTTP how they are, without Prefect's client."""

import http.client
import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

_SECONDS = 5.0


def answers(url: str, *, even_refusing: bool = False) -> bool:
    """Tell whether an address answers: with a document, or even with a refusal to show it."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS):  # noqa: S310 - ours
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return even_refusing and error.code < http.client.INTERNAL_SERVER_ERROR
    except (OSError, ValueError, http.client.HTTPException):
        return False


def ask(url: str, document: object = None) -> Any:
    """Return the JSON that an address answers with, to a POST if there is a document to send.

    Raises:
        OSError: there is no usable answer.
    """
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - ours
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"{url} answers with status {error.code}") from None
    except (ValueError, http.client.HTTPException) as error:
        raise OSError(f"{url} gave no JSON: {error}") from None


def workers(api: str, pool: str) -> list[dict[str, Any]]:
    """Return the workers that Prefect's server knows of a pool, of those that are online.

    Raises:
        OSError: the server gives no usable answer, or there is no such pool.
    """
    found = ask(f"{api}/work_pools/{pool}/workers/filter", {})
    return [worker for worker in found if worker.get("status") == "ONLINE"]


def heartbeat_of(worker: dict[str, Any]) -> datetime:
    """Return when a worker was last heard of."""
    return datetime.fromisoformat(worker["last_heartbeat_time"])


def is_online(api: str, pool: str, worker: str, since: datetime) -> bool:
    """Tell whether a worker of that name was heard of since a moment."""
    try:
        known = workers(api, pool)
    except OSError:
        return False
    return any(one["name"] == worker and heartbeat_of(one) >= since for one in known)
