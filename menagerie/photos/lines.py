"""Connections to the photo hosts: kept and used again, and cut from another thread."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from weakref import WeakSet

from urllib3.util import wait_for_read

from menagerie.errors import TransientError

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 20.0
_IDLE_SECONDS = 1.0
# An answer without a picture is read to its end if it is short, so that the connection can serve
# again.
_SHORT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Host:
    """A host that may be asked."""

    scheme: str
    name: str
    port: int


class Line(http.client.HTTPConnection):
    """A connection that knows when it was last asked, and its socket even while it is read."""

    asked_at = 0.0
    wire: socket.socket | None = None

    def connect(self) -> None:
        """Connect, and have other time-outs from then on."""
        super().connect()
        self.sock.settimeout(_READ_SECONDS)
        self.wire = self.sock

    def ask(self, target: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        """Ask for something and return the answer, its body not read yet.

        Raises:
            TransientError: no connection came about, or it broke.
        """
        idle_since, self.asked_at = self.asked_at, time.monotonic()
        # What can be read before anything was asked is that the host has hung up. Hosts do so
        # after seconds, and looking for it each time would be one call of the kernel in ten.
        was_idle = self.asked_at - idle_since > _IDLE_SECONDS
        if self.sock is not None and was_idle and wait_for_read(self.sock, timeout=0):
            self.close()
        if self.sock is None:
            try:
                self.connect()
            except (OSError, UnicodeError) as error:
                raise TransientError(
                    f"no connection ({type(error).__name__}).", connected=False
                ) from None
        try:
            with _as_transient():
                self.request("GET", target, headers=headers)
                return self.getresponse()
        except BaseException:
            # It would wait for the answer for ever.
            self.close()
            raise

    def end(self, answer: http.client.HTTPResponse) -> None:
        """Let go of an answer; if its body was read, or is short, the connection stays usable."""
        with suppress(OSError, http.client.HTTPException):
            if answer.status != 200 and _is_short(answer):
                answer.read()
        # Of a body that broke off some length is left.
        if answer.length or not answer.isclosed():
            answer.close()
            self.close()

    def cut(self) -> None:
        """Hang up, from whatever thread, and wake the one that waits for an answer."""
        if self.wire is not None:
            # Closing would not wake a thread that reads, and an SSLSocket's own shutdown takes
            # the encryption away under its feet.
            with suppress(OSError):
                socket.socket.shutdown(self.wire, socket.SHUT_RDWR)

    def __del__(self) -> None:
        self.close()


class SecureLine(Line, http.client.HTTPSConnection):
    """The same over TLS."""


class _Mine(threading.local):
    """A thread's connections by their host."""

    def __init__(self) -> None:
        self.to: dict[Host, Line] = {}


class Lines:
    """The open connections of a pool: one a thread and host."""

    def __init__(self) -> None:
        self._mine = _Mine()
        self._open: WeakSet[Line] = WeakSet()
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def to(self, host: Host) -> Line:
        """Return this thread's connection to a host."""
        mine = self._mine.to
        if host not in mine:
            mine[host] = self._new(host)
        return mine[host]

    def _new(self, host: Host) -> Line:
        with self._lock:
            if host.scheme == "http":
                line = Line(host.name, host.port, timeout=_CONNECT_SECONDS)
            else:
                # One for all: to read the certificates costs more than many photos.
                self._tls = self._tls or _tls()
                line = SecureLine(host.name, host.port, timeout=_CONNECT_SECONDS, context=self._tls)
            self._open.add(line)
        return line

    def cut(self, asked_before: float) -> None:
        """Cut the connections whose last request began before a moment."""
        with self._lock:
            lines = list(self._open)
        for line in lines:
            if line.asked_at < asked_before:
                line.cut()

    def close(self) -> None:
        """Close all connections; no thread may be using one."""
        with self._lock:
            lines = list(self._open)
        for line in lines:
            line.close()


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _is_short(answer: http.client.HTTPResponse) -> bool:
    return answer.length is not None and answer.length <= _SHORT_BYTES


def read_into(answer: http.client.HTTPResponse, buffer: memoryview) -> int:
    """Read a body on until a buffer is full or the body ends; return the number of bytes.

    Raises:
        TransientError: the transfer broke, or ended before the length that was told.
    """
    with _as_transient():
        size = answer.readinto(buffer)
        if not size and answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
    return size


@contextmanager
def _as_transient() -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise TransientError(f"the transfer broke ({type(error).__name__}).") from None
