"""A Prefect server for one command, where none is set up; it ends with that command.

Prefect's own temporary server outlives a parent that is killed, and has no UI to look at.
"""

import argparse
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from menagerie.errors import SettingsError, WorkError
from menagerie.learning.process import end_children
from menagerie.lifeline import end_child, end_with_parent, start_child
from menagerie.settings import load_settings
from menagerie.supervising.record import running

_START_SECONDS = 300.0
_FLUSH_SECONDS = 5.0
_LINGER_SECONDS = 15.0
"""How long a server outlives a parent that was killed, for runs to say what became of them."""


@contextmanager
def prefect_server() -> Iterator[str | None]:
    """Use the Prefect server that is set up, or run one meanwhile; yields the one's address.

    One is set up by PREFECT_API_URL, by a profile of Prefect's, or by `menagerie up` in the same
    home, in this order.

    Raises:
        SettingsError: its address is none.
        WorkError: the server does not answer, or does not start.
    """
    if standing_server() is not None:
        yield None
        return
    with server_of_up() as there:
        if there is not None:
            yield there
            return
    with socket.socket() as door:
        # Handed on, not let go: no other program can take the port before the server listens.
        door.bind(("127.0.0.1", 0))
        number, port = door.fileno(), door.getsockname()[1]
        child = start_child("tasks.server", [str(port), f"--socket={number}"], inherits=[number])
    url = f"http://127.0.0.1:{port}"
    over = threading.Event()
    try:
        with _pointed_to(f"{url}/api"):
            _wait_until_ready(f"{url}/api/health", child.poll)
            threading.Thread(target=_end_without, args=(child, over), daemon=True).start()
            try:
                yield url
            finally:
                over.set()
    finally:
        end_child(child)


@contextmanager
def server_of_up() -> Iterator[str | None]:
    """Use the server of the `menagerie up` in this home; yields its address.

    Yields None where nothing is up, or another server is set up.

    Raises:
        WorkError: it does not answer.
    """
    from prefect.settings import get_current_settings

    up = None if get_current_settings().api.url else running(load_settings().home)
    if up is None or not up.is_here:
        yield None
        return
    with _pointed_to(up.api):
        _wait_until_ready(f"{up.api}/health", lambda: None)
        yield up.api.removesuffix("/api")


@contextmanager
def _pointed_to(api: str) -> Iterator[None]:
    """Let Prefect's client in this process speak to a server, and finish what it says."""
    from prefect.context import refresh_global_settings_context

    os.environ["PREFECT_API_URL"] = api
    refresh_global_settings_context()
    try:
        yield
    finally:
        _send_the_rest()
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()


def standing_server() -> str | None:
    """Return the address of the Prefect server that is set up; None where there is none.

    Raises:
        SettingsError: its address is none.
        WorkError: it does not answer.
    """
    from prefect.settings import get_current_settings

    known = get_current_settings().api.url
    if not known:
        return None
    if not known.startswith(("http://", "https://")):
        raise SettingsError(
            f"PREFECT_API_URL must be an http(s) address (received {known!r}). Correct or unset it."
        )
    _refuse_silent_server(known)
    return known


def _refuse_silent_server(url: str) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        fault = client.api_healthcheck()
    if fault is not None:
        raise WorkError(
            f"Prefect's server does not answer at PREFECT_API_URL = {url}"
            f" ({str(fault) or type(fault).__name__}). Start it, or unset PREFECT_API_URL to have"
            " a server for the time of the command."
        )


def _end_without(child: "subprocess.Popen[str]", over: threading.Event) -> None:
    """End the command soon when its server was ended by somebody else.

    Prefect's client would go on asking for minutes, and every photo's state is safe.
    """
    status = child.wait()
    if not over.is_set():
        end_children()
        click.echo(
            f"Error: Prefect's server ended by itself (status {status}). What was finished is"
            " kept; run the same command to go on.",
            err=True,
        )
        os._exit(1)


def _send_the_rest() -> None:
    """Send the log lines and events that still wait, while there is somebody to take them."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogHandler

    APILogHandler().flush()
    EventsWorker.drain_all(timeout=_FLUSH_SECONDS)


def _wait_until_ready(url: str, has_ended: Callable[[], int | None]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            if has_ended() is not None:
                break
            time.sleep(0.05)
    raise WorkError(
        "Prefect's server did not start. Run `prefect server start` to see why, or set"
        " PREFECT_API_URL to a server that runs."
    )


def _serve(port: int, inherited: int | None, *, lingers: bool) -> None:
    """Serve at a port, or on a socket that the parent has bound to it, until the parent ends."""
    end_with_parent(pause=_LINGER_SECONDS if lingers else 0.0)
    # The pages find the API at port 4200 unless told otherwise.
    os.environ["PREFECT_SERVER_UI_API_URL"] = f"http://127.0.0.1:{port}/api"
    import uvicorn

    config = uvicorn.Config(
        "tasks.mending:create_app", factory=True, host="127.0.0.1", port=port, log_level="error"
    )
    sockets = None if inherited is None else [socket.socket(fileno=inherited)]
    uvicorn.Server(config).run(sockets)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--socket", type=int)
    parser.add_argument("--linger", action="store_true")
    asked = parser.parse_args()
    _serve(asked.port, asked.socket, lingers=asked.linger)
