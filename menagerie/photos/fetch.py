"""Fetching photos: a pool of connections to the photo hosts that slows down as one."""

import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError, TransientError
from menagerie.flickr.client import USER_AGENT, retry_after
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.store import PhotoStore
from menagerie.retry import Gate, Patience, persist
from menagerie.settings import is_loopback

CONNECTIONS = 16
_CHUNK_BYTES = 256 * 1024
_MAX_REDIRECTS = 3
# As many threads as connections ask, so a wait for one means that another was lost.
_POOL_SECONDS = 60.0
_TIMEOUT = urllib3.Timeout(connect=10.0, read=20.0)

# Flickr's "no longer available" picture as it was served in 2020 and 2025.
_PLACEHOLDER_SHA256 = {"6f38049c08670c05cf14fc02d1fbcc84d80fc91f8178c86c7cecb588cc1b6f88"}
_PLACEHOLDER_PATH = re.compile(r"/pw/images/|photo_unavailable")
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo to be fetched; `key` is the catalog's, `rendition` the name of the size."""

    key: int
    url: str
    rendition: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a photo: the stored bytes' SHA-256 and number, or a fault and its detail."""

    key: int
    rendition: str
    attempts: int
    sha256: str | None = None
    bytes: int | None = None
    fault: Reason | None = None
    detail: str | None = None


class Fetcher:
    """Fetches photos from the allowed hosts into the store."""

    def __init__(
        self, hosts: str, store: PhotoStore, scratch: Path, patience: Patience | None = None
    ) -> None:
        self._hosts = _host_pattern(hosts)
        self._store = store
        self._scratch = scratch
        self._patience = patience or Patience()
        self._gate = Gate()
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            block=True,
            retries=False,
            timeout=_TIMEOUT,
            headers={"User-Agent": USER_AGENT},
        )

    def stop(self) -> None:
        """Let whoever fetches end at the next occasion."""
        self._gate.stop()

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Fetch photos side by side and yield the results as they come, in small lots."""
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch") as threads:
            pending: set[Future[Fetched]] = {threads.submit(self.fetch, one) for one in wanted}
            try:
                while pending:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield [future.result() for future in done]
            finally:
                for future in pending:
                    future.cancel()

    def fetch(self, wanted: Wanted) -> Fetched:
        """Fetch one photo, with patience; every fault of the photo or host becomes a result."""
        try:
            (sha256, size), attempts = persist(
                lambda: self._download(wanted), self._patience, self._gate
            )
        except TransientError as error:
            return Fetched(
                wanted.key,
                wanted.rendition,
                error.attempts,
                fault=Reason.DOWNLOAD_FAILED,
                detail=str(error),
            )
        except PhotoError as error:
            return Fetched(
                wanted.key, wanted.rendition, 1, fault=Reason(error.reason), detail=str(error)
            )
        return Fetched(wanted.key, wanted.rendition, attempts, sha256, size)

    def _download(self, wanted: Wanted) -> tuple[str, int]:
        file = self._scratch / f"{threading.get_native_id()}"
        try:
            with self._answer(wanted.url) as answer, file.open("wb") as out:
                sha256, size = _copy(answer, out)
            _refuse_placeholder(wanted, sha256, file)
            self._store.adopt(file, sha256)
        finally:
            file.unlink(missing_ok=True)
        return sha256, size

    @contextmanager
    def _answer(self, url: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """Open the 200 answer of an image, following redirects to allowed hosts alone."""
        for asked in range(_MAX_REDIRECTS + 1):
            # Another setting may admit the host of a photo, but not where it redirects to.
            self._refuse_host(url, Reason.DOWNLOAD_FAILED if asked == 0 else Reason.REFUSED)
            answer = _request(self._pool, url)
            try:
                location = answer.headers.get("Location")
                if answer.status in {301, 302, 303, 307, 308} and location:
                    url = urljoin(url, location)
                    if _PLACEHOLDER_PATH.search(urlsplit(url).path):
                        raise PhotoError(Reason.GONE, "the photo is deleted or private")
                    continue
                _refuse_status(answer)
                with _as_transient():
                    yield answer
                return
            finally:
                # Small error bodies are read, so that the connection can serve again.
                if answer.status != 200:
                    answer.drain_conn()
                answer.close()
                # Closed or not, the connection's place in the pool must be given back.
                answer.release_conn()
        raise PhotoError(Reason.REFUSED, f"more than {_MAX_REDIRECTS} redirects")

    def _refuse_host(self, url: str, reason: Reason) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
        if not self._hosts.fullmatch(host):
            raise PhotoError(reason, f"{host!r} is not among the hosts of MENAGERIE_PHOTO_HOSTS")
        if parts.scheme != "https" and not (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        ):
            raise PhotoError(reason, f"{parts.scheme}:// is not fetched, only https://")


def _host_pattern(hosts: str) -> re.Pattern[str]:
    names = [host.strip().lower() for host in hosts.split(",") if host.strip()]
    return re.compile("|".join(re.escape(name).replace(r"\*", r"\d+") for name in names) or r"(?!)")


@contextmanager
def _as_transient() -> Iterator[None]:
    try:
        yield
    except (NewConnectionError, NameResolutionError, ConnectTimeoutError) as error:
        raise TransientError(f"no connection ({type(error).__name__}).", connected=False) from None
    except HTTPError as error:
        raise TransientError(f"the transfer broke ({type(error).__name__}).") from None


def _request(pool: urllib3.PoolManager, url: str) -> urllib3.BaseHTTPResponse:
    with _as_transient():
        return pool.request(
            "GET", url, preload_content=False, redirect=False, pool_timeout=_POOL_SECONDS
        )


def _refuse_status(answer: urllib3.BaseHTTPResponse) -> None:
    status = answer.status
    if status in {404, 410}:
        raise PhotoError(Reason.GONE, f"HTTP status {status}")
    if status in {408, 425, 429} or status >= 500:
        raise TransientError(
            f"HTTP status {status}.", retry_after(answer.headers), slow_down=status == 429
        )
    if status != 200:
        raise PhotoError(Reason.REFUSED, f"HTTP status {status}")
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith(("image/", "application/octet-stream", "binary/octet-stream")):
        raise TransientError(f"the answer is {kind!r:.60}, not a picture.")
    if int(answer.headers.get("Content-Length") or 0) > MAX_BYTES:
        raise PhotoError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")


def _copy(answer: urllib3.BaseHTTPResponse, out: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in answer.stream(_CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_BYTES:
            raise PhotoError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest(), size


def _refuse_placeholder(wanted: Wanted, sha256: str, file: Path) -> None:
    with file.open("rb") as content:
        is_png = content.read(len(_PNG)) == _PNG
    # Flickr makes every rendition but the original a JPEG; its placeholder is a PNG.
    if sha256 in _PLACEHOLDER_SHA256 or (is_png and wanted.rendition != "o"):
        raise PhotoError(Reason.PLACEHOLDER, "Flickr's picture of an unavailable photo")


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """Make a folder for unfinished downloads, and clear away those of dead processes."""
    parent = home / "unfinished"
    mine = parent / str(os.getpid())
    mine.mkdir(parents=True, exist_ok=True)
    for other in parent.iterdir():
        if other != mine and not _is_alive(other.name):
            _remove(other.iterdir())
            other.rmdir()
    try:
        yield mine
    finally:
        _remove(mine.iterdir())
        mine.rmdir()


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
