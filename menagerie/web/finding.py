"""Whether the pages of a home are served already, and how a server tells whose pages it has."""

import hashlib
import json
import socket
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ABOUT = "/api/v1/about"
_PATIENCE_SECONDS = 2.0


def mark_of(home: Path) -> str:
    """Return a word for a home that does not tell where it is."""
    place = f"{socket.gethostname()}:{home.resolve()}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def pages_of_home(port: int, home: Path) -> str | None:
    """Return the address of the pages of a home, if they are served at a port of loopback."""
    if port == 0:
        return None
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", ABOUT)
        told = json.loads(connection.getresponse().read(4096))
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    is_ours = isinstance(told, dict) and told.get("home") == mark_of(home)
    return f"http://127.0.0.1:{port}" if is_ours else None
