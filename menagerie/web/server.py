"""The pages on a socket: waitress, and how it ends."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import WSGITask

from menagerie.errors import CallError

THREADS = 64
"""Requests that wait for a model wait in a thread each, and are put to it together: as many as two
batches take."""

LARGEST_BODY = 128 * 2**20
"""Larger requests are refused before they are read."""


def serve(
    app: Flask,
    host: str,
    port: int,
    ready: Callable[[str], None],
    *,
    threads: int = THREADS,
    is_https: bool = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` is called with the address once it listens.

    Raises:
        CallError: the address or the port is taken or forbidden.
    """
    server = open_server(app, host, port, threads=threads, is_https=is_https)
    with _terminable():
        ready(address(host, int(server.effective_port)))
        # It ends by itself at KeyboardInterrupt, after the requests that are under way.
        server.run()


def open_server(
    app: Flask, host: str, port: int, *, threads: int = THREADS, is_https: bool = False
) -> TcpWSGIServer:
    """Bind the pages to a port; 0 is any that is free.

    Raises:
        CallError: the address or the port is taken or forbidden.
    """
    # It warns of every request that waits for a thread, which is what queues are for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server: TcpWSGIServer = create_server(
        app,
        sockets=[_listen(host, port)],
        threads=threads,
        ident=None,
        url_scheme="https" if is_https else "http",
        max_request_body_size=LARGEST_BODY,
        # A small photo with one call of the kernel, and one turn of the loop.
        recv_bytes=2**16,
        # What is being uploaded stays in memory, never in a file.
        inbuf_overflow=LARGEST_BODY,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = _Channel
    return server


class _Task(WSGITask):  # type: ignore[misc]
    """Sends a short answer with its head: one call of the kernel, and one for who reads it."""

    def write(self, data: bytes) -> None:
        """Write a part of the answer."""
        is_first = self.complete and not self.wrote_header  # type: ignore[has-type]
        if not is_first or len(data) != self.content_length or not self.has_body:
            super().write(data)
            return
        head: bytes = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task


def _listen(host: str, port: int) -> socket.socket:
    """Open a socket for the first address of a name; of `localhost`, 127.0.0.1."""
    try:
        found = socket.getaddrinfo(
            "127.0.0.1" if host == "localhost" else host,
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        family, *_, place = found[0]
        return socket.create_server((str(place[0]), port), family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        raise CallError(
            f"The pages cannot be served there: {error}. Name another --host or --port, or 0 for"
            f" any port that is free (received {host}:{port})."
        ) from None


def address(host: str, port: int) -> str:
    """Return where the pages are reached."""
    # What listens everywhere is reached here as well.
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name and name[0] != '[' else name}:{port}"


@contextmanager
def running(app: Flask) -> Iterator[str]:
    """Serve in the background while the block runs, on any free port; yields the address."""
    server = open_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield address("127.0.0.1", int(server.effective_port))
    finally:
        server.task_dispatcher.shutdown()
        # The loop ends, in its own thread, once nothing is left to listen to.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM end the block as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
