"""The photo hosts over HTTPS: which may be asked, what their answers mean, how to hang up."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError, TransientError
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.placeholder import leads_to_placeholder
from menagerie.retry import seconds_to_wait
from menagerie.settings import is_loopback

_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity"}
_MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
# An error's text is read to the end if it is short, so that the connection can serve again.
_SHORT_BYTES = 64 * 1024
# As many threads as connections ask, so a wait for one means that another was lost.
_POOL_SECONDS = 60
_TIMEOUT = urllib3.Timeout(connect=10.0, read=20.0)


class RenditionError(PhotoError):
    """One rendition cannot be had, for good; another one of the same photo may be."""


class PhotoHosts:
    """Asks the allowed hosts, with one connection a thread, and none that outlives its welcome."""

    def __init__(self, hosts: str, connections: int, user_agent: str) -> None:
        self._headers = {**_HEADERS, "User-Agent": user_agent}
        self._allowed = host_pattern(hosts)
        self._lines = _Lines()
        self._manager = urllib3.PoolManager(
            maxsize=connections, block=True, retries=False, timeout=_TIMEOUT
        )
        self._manager.pool_classes_by_scheme = self._lines.pool_classes()
        # By scheme and host, for those that were found fit: to judge an address and to look up
        # its pool each time would cost as much as the request.
        self._pools: dict[tuple[str, str], urllib3.HTTPConnectionPool] = {}

    def hang_up(self, older_than_seconds: float) -> None:
        """Cut the connections whose last request began so long ago, whatever they wait for."""
        self._lines.cut(time.monotonic() - older_than_seconds)

    def refuse(self, url: str, reason: Reason) -> None:
        """Refuse an address that may not be asked.

        Raises:
            RenditionError: for this reason; its host is not allowed, or it is not https.
        """
        try:
            parts = urlsplit(url)
            if (parts.scheme, parts.netloc) in self._pools:
                return
            host, port = parts.netloc.rpartition("@")[2].lower(), parts.port
        except ValueError:
            raise RenditionError(reason, "the address is none") from None
        if not self._allowed.fullmatch(host):
            raise RenditionError(
                reason, f"{host[:80]!r} is not among the hosts of MENAGERIE_PHOTO_HOSTS"
            )
        scheme, name = parts.scheme, parts.hostname or ""
        if scheme != "https" and not (scheme == "http" and is_loopback(name)):
            raise RenditionError(reason, f"{scheme[:20]}:// is not fetched, only https://")
        pool = self._manager.connection_from_host(name, port, scheme)
        self._pools[scheme, parts.netloc] = pool

    @contextmanager
    def answer(self, url: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """Open the 200 answer of an image, following redirects to allowed hosts alone.

        Raises:
            PhotoError: the photo is gone; or, as RenditionError, this file of it.
            TransientError: the host failed, be it before the body or in it.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            self.refuse(url, Reason.REFUSED)
            answer = self._ask(url)
            try:
                location = answer.headers.get("Location")
                if answer.status in _REDIRECTS and location:
                    url = _redirected(url, location)
                    continue
                _refuse_status(answer)
                with _as_transient():
                    yield answer
                return
            finally:
                _give_back(answer)
        raise RenditionError(Reason.REFUSED, f"more than {_MAX_REDIRECTS} redirects")

    def _ask(self, url: str) -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        with _as_transient():
            return self._pools[parts.scheme, parts.netloc].urlopen(
                "GET",
                f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
                headers=self._headers,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                pool_timeout=_POOL_SECONDS,
            )


def host_pattern(hosts: str) -> re.Pattern[str]:
    """Return what matches the hosts of MENAGERIE_PHOTO_HOSTS, in lower case."""
    names = [host.strip().lower() for host in hosts.split(",") if host.strip()]
    return re.compile("|".join(re.escape(name).replace(r"\*", r"\d+") for name in names) or r"(?!)")


class _Line(HTTPConnection):
    """A connection that knows when it was last asked, and its socket even while it is read."""

    asked_at = 0.0
    wire: socket.socket | None = None

    def putrequest(self, *args: Any, **options: Any) -> None:
        self.asked_at = time.monotonic()
        super().putrequest(*args, **options)


class _Lines:
    """The open connections of a pool, to be cut from another thread."""

    def __init__(self) -> None:
        self._open: WeakSet[_Line] = WeakSet()
        self._lock = threading.Lock()

    def pool_classes(self) -> dict[str, type[urllib3.HTTPConnectionPool]]:
        """Return pools by scheme whose connections are known here."""
        lines = self

        class Plain(_Line):
            def connect(self) -> None:
                super().connect()
                lines.add(self)

        class Secure(_Line, HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                lines.add(self)

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}

    def add(self, line: _Line) -> None:
        """Know a connection from now on, for as long as it lives."""
        line.wire = line.sock
        with self._lock:
            self._open.add(line)

    def cut(self, asked_before: float) -> None:
        """Cut the connections whose last request began before a moment."""
        with self._lock:
            lines = list(self._open)
        for line in lines:
            if line.asked_at < asked_before and line.wire is not None:
                # Closing would not wake a thread that reads, and an SSLSocket's own shutdown
                # takes the encryption away under its feet.
                with suppress(OSError):
                    socket.socket.shutdown(line.wire, socket.SHUT_RDWR)


@contextmanager
def _as_transient() -> Iterator[None]:
    try:
        yield
    except (NewConnectionError, NameResolutionError, ConnectTimeoutError) as error:
        raise TransientError(f"no connection ({type(error).__name__}).", connected=False) from None
    except HTTPError as error:
        raise TransientError(f"the transfer broke ({type(error).__name__}).") from None


def _redirected(url: str, location: str) -> str:
    try:
        url = urljoin(url, location)
        is_gone = leads_to_placeholder(url)
    except ValueError:
        raise RenditionError(Reason.REFUSED, "sent to an address that is none") from None
    if is_gone:
        raise PhotoError(Reason.GONE, "the photo is deleted or private")
    return url


def _refuse_status(answer: urllib3.BaseHTTPResponse) -> None:
    status = answer.status
    if status in {404, 410}:
        raise RenditionError(Reason.GONE, f"HTTP status {status}")
    if status in {408, 425, 429} or status >= 500:
        wait = seconds_to_wait(answer.headers.get("Retry-After"))
        # A 503 that says when to come back means everybody, as a 429 does.
        slow_down = status == 429 or (status == 503 and wait is not None)
        raise TransientError(f"HTTP status {status}.", wait, slow_down=slow_down)
    if status != 200:
        raise RenditionError(Reason.REFUSED, f"HTTP status {status}")
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith(("image/", "application/octet-stream", "binary/octet-stream")):
        raise TransientError(f"the answer is {kind!r:.60}, not a picture.")
    if (answer.length_remaining or 0) > MAX_BYTES:
        raise RenditionError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")


def _give_back(answer: urllib3.BaseHTTPResponse) -> None:
    """Let go of an answer; a body that was read to its end leaves its connection usable."""
    if answer.status != 200 and (answer.length_remaining or _SHORT_BYTES + 1) <= _SHORT_BYTES:
        answer.drain_conn()
    answer.close()
    # Closed or not, the connection's place in the pool must be given back.
    answer.release_conn()
