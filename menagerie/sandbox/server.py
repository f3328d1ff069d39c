"""The sandbox on a socket: HTTP/1.1 with kept connections, a thread for each."""

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

from menagerie.errors import CallError
from menagerie.sandbox.faults import Faults
from menagerie.sandbox.records import Universe
from menagerie.sandbox.site import Outcome, Request, Site

_HOST = "127.0.0.1"
_IDLE_SECONDS = 120
_LARGEST_FORM = 2**20
_OBJECTS_A_COLLECTION = 100_000


class SandboxServer(ThreadingHTTPServer):
    """Listens on loopback for as long as the object is open."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, site: Site, port: int) -> None:
        super().__init__((_HOST, port), _Handler)
        self.site = site

    @property
    def base_url(self) -> str:
        """Where the sandbox is reached."""
        return f"http://{_HOST}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up; they may."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the site answer it, and sends what came of it."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"
    server_version = "menagerie-sandbox"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Head and body leave in one packet, at once: neither waits for the other's receipt.
    wbufsize = 1 << 18
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send(self.server.site.answer(self._request(b"")))

    def do_POST(self) -> None:
        """Answer a POST."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_FORM:
            self.close_connection = True
            self.send_error(413)
            return
        self._send(self.server.site.answer(self._request(self.rfile.read(int(length)))))

    def log_message(self, *_: object) -> None:
        """Keep no access log."""

    def _request(self, form: bytes) -> Request:
        return Request(
            method=self.command,
            target=self.path,
            host=self.headers.get("Host", self.server.base_url.removeprefix("http://")),
            authorization=self.headers.get("Authorization", ""),
            form=form,
        )

    def _send(self, outcome: Outcome) -> None:
        reply = outcome.reply
        if outcome.wait_seconds:
            time.sleep(outcome.wait_seconds)
        if self._client_has(outcome):
            self.send_response(304)
            self.send_header("ETag", reply.etag)
            self.end_headers()
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.content_type.startswith("image/"):
            self.send_header("ETag", reply.etag)
        if reply.location is not None:
            self.send_header("Location", reply.location)
        if outcome.retry_after_seconds is not None:
            self.send_header("Retry-After", str(outcome.retry_after_seconds))
        self.end_headers()
        if outcome.cut:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)

    def _client_has(self, outcome: Outcome) -> bool:
        known = self.headers.get("If-None-Match")
        return bool(known) and outcome.reply.status == 200 and known == outcome.reply.etag


def open_server(
    universe: Universe, port: int, faults: Faults, cache_dir: Path | None
) -> SandboxServer:
    """Bind the sandbox to a port of loopback; port 0 is any that is free.

    Raises:
        CallError: the port is taken or forbidden.
    """
    try:
        return SandboxServer(Site(universe, faults, cache_dir), port)
    except (OSError, OverflowError) as error:
        raise CallError(
            f"The sandbox cannot listen there: {error}. Name another port, or 0 for any that is"
            f" free (received {port})."
        ) from None


def serve(
    universe: Universe,
    port: int,
    faults: Faults,
    cache_dir: Path | None,
    ready: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` is called with the address once it listens."""
    # A page of photos is thousands of objects without a cycle: looking for some in vain,
    # again and again, costs a twentieth of the time.
    gc.set_threshold(_OBJECTS_A_COLLECTION)
    with open_server(universe, port, faults, cache_dir) as server, _terminable():
        ready(server.base_url)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


@contextmanager
def running(
    universe: Universe, faults: Faults | None = None, cache_dir: Path | None = None
) -> Iterator[str]:
    """Serve in the background while the block runs, on any free port; yields the address."""
    with open_server(universe, 0, faults or Faults(), cache_dir) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.base_url
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM end the block as Ctrl-C does, where signals can be heard at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
