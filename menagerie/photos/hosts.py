"""The photo hosts over HTTPS: which may be asked, what their answers mean, how to hang up."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError, TransientError
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.lines import Host, Lines
from menagerie.photos.placeholder import leads_to_placeholder
from menagerie.retry import seconds_to_wait
from menagerie.settings import is_loopback

_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity"}
_MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
# What may stand in a path or query as it is (RFC 3986), and % of what is encoded already.
_SAFE = "!$%&'()*+,/:;=?@[]~"
_PORTS = {"http": 80, "https": 443}


class RenditionError(PhotoError):
    """One rendition cannot be had, for good; another one of the same photo may be."""


class DetourError(RenditionError):
    """The host sends elsewhere than it may, or in a circle."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.REFUSED, message)


class PhotoHosts:
    """Asks the allowed hosts, with one connection a thread, and none that outlives its welcome."""

    def __init__(self, hosts: str, user_agent: str) -> None:
        self._headers = {**_HEADERS, "User-Agent": user_agent}
        self._allowed = host_pattern(hosts)
        self._lines = Lines()
        # By scheme and host, those that were found fit: to judge an address each time would cost
        # a good part of the request.
        self._fit: dict[tuple[str, str], Host] = {}

    def hang_up(self, older_than_seconds: float) -> None:
        """Cut the connections whose last request began so long ago, whatever they wait for."""
        self._lines.cut(time.monotonic() - older_than_seconds)

    def close(self) -> None:
        """Close all connections; nobody may be asking any more."""
        self._lines.close()

    def refuse(self, url: str) -> None:
        """Refuse an address that may not be asked.

        Raises:
            RenditionError: its host is not allowed, or it is not https. Another setting may admit
                it, so that is not the photo's last word.
        """
        reason = Reason.DOWNLOAD_FAILED
        try:
            parts = urlsplit(url)
            if (parts.scheme, parts.netloc) in self._fit:
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
        self._fit[scheme, parts.netloc] = Host(scheme, name, port or _PORTS[scheme])

    @contextmanager
    def answer(self, url: str) -> Iterator[HTTPResponse]:
        """Open the 200 answer of an image, following redirects to allowed hosts alone.

        Raises:
            PhotoError: the photo is gone; or, as RenditionError, this file of it.
            TransientError: the host failed before the body.
        """
        self.refuse(url)
        for _ in range(_MAX_REDIRECTS + 1):
            parts = urlsplit(url)
            line = self._lines.to(self._fit[parts.scheme, parts.netloc])
            answer = line.ask(_target(parts), self._headers)
            try:
                location = answer.headers.get("Location")
                if answer.status in _REDIRECTS and location:
                    url = self._follow(url, location)
                    continue
                _refuse_status(answer)
                yield answer
                return
            finally:
                line.end(answer)
        raise DetourError(f"more than {_MAX_REDIRECTS} redirects")

    def _follow(self, url: str, location: str) -> str:
        """Return where a redirect leads to."""
        try:
            url = urljoin(url, location)
            is_gone = leads_to_placeholder(url)
        except ValueError:
            raise DetourError("sent to an address that is none") from None
        if is_gone:
            raise PhotoError(Reason.GONE, "the photo is deleted or private")
        try:
            self.refuse(url)
        except RenditionError as error:
            raise DetourError(f"sent elsewhere: {error}") from None
        return url


def host_pattern(hosts: str) -> re.Pattern[str]:
    """Return what matches the hosts of MENAGERIE_PHOTO_HOSTS, in lower case."""
    names = [host.strip().lower() for host in hosts.split(",") if host.strip()]
    return re.compile("|".join(re.escape(name).replace(r"\*", r"\d+") for name in names) or r"(?!)")


def _target(parts: SplitResult) -> str:
    """Return what of an address its host is asked for, encoded where that was left out."""
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return quote(target, safe=_SAFE)


def _refuse_status(answer: HTTPResponse) -> None:
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
    packed = answer.headers.get("Content-Encoding", "identity")
    if packed != "identity":
        raise TransientError(f"the answer is packed as {packed!r:.60}, which was not asked for.")
    if (answer.length or 0) > MAX_BYTES:
        raise RenditionError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")
