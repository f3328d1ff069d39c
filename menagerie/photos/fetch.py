"""Fetching photos: a few connections to the photo hosts that slow down as one."""

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPResponse
from io import FileIO
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError, StoppedError, TransientError
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.hosts import DetourError, PhotoHosts, RenditionError
from menagerie.photos.lines import read_into
from menagerie.photos.placeholder import is_placeholder
from menagerie.photos.row import Rendition
from menagerie.photos.store import PhotoStore
from menagerie.retry import Gate, Patience, persist

CONNECTIONS = 16
LOOK_AHEAD = 8 * CONNECTIONS
"""Photos that wait for a connection or for being recorded, at most; memory stays flat."""

TRANSFER_SECONDS = 60.0
"""How long a request may take, its body included. A server may drip for ever otherwise."""

# A host's odd redirect often passes; one that comes so often is its answer.
_DETOURS = 3
# Most photos come in one piece: few calls, few changes of the thread that holds the interpreter.
_BUFFER_BYTES = 2**19
# Width and height stand behind what a camera wrote of itself, hardly further in.
_HEAD_BYTES = 2**18
# Results are handed on in lots, so that they are not recorded in a transaction each.
_LOT_SECONDS = 0.05
_LOOK_ROUND_SECONDS = 0.5
_STOP_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo to be fetched; `key` is the catalog's, `renditions` the files of it, best first."""

    key: int
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a photo: the stored bytes' SHA-256 and number, or a fault and its detail.

    `rendition` names the file that was stored, or the one that the fault is about; `attempts`
    counts the requests for all files of the photo.
    """

    key: int
    rendition: str
    attempts: int
    sha256: str | None = None
    bytes: int | None = None
    fault: Reason | None = None
    detail: str | None = None


PATIENCE = Patience(longest_pause_seconds=2.0)
"""The pace of the pool spares the host; a photo that waits keeps its thread from others."""


class Fetcher:
    """Fetches photos from the allowed hosts into the store.

    All who fetch with it share its connections and its pace.
    """

    def __init__(
        self,
        hosts: str,
        store: PhotoStore,
        scratch: Path,
        patience: Patience | None = None,
        gate: Gate | None = None,
        transfer_seconds: float = TRANSFER_SECONDS,
        user_agent: str = "menagerie",
    ) -> None:
        self._hosts = PhotoHosts(hosts, user_agent)
        self._store = store
        self._desk = _Desk(scratch)
        self._patience = patience or PATIENCE
        self._gate = gate or Gate()
        self._transfer_seconds = transfer_seconds
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch")

    def stop(self) -> None:
        """Let whoever fetches end at once: pauses, requests, bodies."""
        self._gate.stop()
        self._hosts.hang_up(older_than_seconds=0)

    def close(self) -> None:
        """Stop, wait for the threads to end, and close their connections."""
        self.stop()
        self._threads.shutdown(cancel_futures=True)
        self._hosts.close()

    def fetch_all(self, wanted: Iterable[Wanted]) -> Iterator[list[Fetched]]:
        """Fetch photos side by side and yield the results as they come, in small lots.

        Raises:
            StoppedError: the work was stopped.
        """
        waiting, pending = iter(wanted), set[Future[Fetched]]()
        done: SimpleQueue[Future[Fetched]] = SimpleQueue()
        try:
            while True:
                for one in islice(waiting, LOOK_AHEAD - len(pending)):
                    future = self._threads.submit(self.fetch, one)
                    pending.add(future)
                    future.add_done_callback(done.put)
                if not pending:
                    return
                finished = _next_lot(done)
                # Stopping may have missed a connection that was about to open.
                self._hosts.hang_up(0 if self._gate.is_stopped else self._transfer_seconds)
                pending.difference_update(finished)
                # What was stored before the work was stopped is still worth recording.
                kept = [f for f in finished if not isinstance(f.exception(), StoppedError)]
                if kept:
                    yield [future.result() for future in kept]
                self._gate.pause(0)
        finally:
            for future in pending:
                future.cancel()
            # Those under way write into the scratch folder, which may be taken away next.
            wait(pending, _STOP_SECONDS)

    def fetch(self, wanted: Wanted) -> Fetched:
        """Fetch one photo, with patience; every fault of the photo or host becomes a result.

        A rendition that cannot be had for good is followed by the next best. Only `fetch_all`
        watches over the time that a request takes.

        Raises:
            StoppedError: the work was stopped.
        """
        attempts, best_fault = 0, None
        for rendition in wanted.renditions:
            result, is_final = self._fetch_rendition(wanted.key, rendition)
            attempts += result.attempts
            if is_final:
                return replace(result, attempts=attempts)
            best_fault = best_fault or result
        fault = best_fault or Fetched(wanted.key, "", 0, fault=Reason.NO_RENDITION)
        return replace(fault, attempts=attempts)

    def _fetch_rendition(self, key: int, rendition: Rendition) -> tuple[Fetched, bool]:
        """Fetch one file of a photo; tell what came of it, and whether that is the last word."""
        attempts = detours = 0

        def download() -> tuple[str, int]:
            nonlocal attempts, detours
            attempts += 1
            try:
                return self._download(rendition)
            except DetourError as error:
                detours += 1
                if detours < _DETOURS:
                    raise TransientError(str(error)) from None
                raise

        try:
            self._hosts.refuse(rendition.url)
            (sha256, size), _ = persist(download, self._patience, self._gate)
        except TransientError as error:
            fault, detail, is_final = Reason.DOWNLOAD_FAILED, str(error), True
        except PhotoError as error:
            fault, detail = Reason(error.reason), str(error)
            is_final = not isinstance(error, RenditionError)
        else:
            return Fetched(key, rendition.name, attempts, sha256, size), True
        return Fetched(key, rendition.name, attempts, fault=fault, detail=detail), is_final

    def _download(self, rendition: Rendition) -> tuple[str, int]:
        """Store a rendition; return the SHA-256 and the number of its bytes."""
        file = self._desk.file
        try:
            # Unbuffered: each call of the kernel lets another thread take the interpreter.
            with self._hosts.answer(rendition.url) as answer, file.open("wb", 0) as out:
                sha256, size, head = _copy(answer, out, self._desk.buffer)
            if is_placeholder(rendition, sha256, head):
                raise PhotoError(Reason.PLACEHOLDER, "Flickr's picture of an unavailable photo")
            self._store.adopt(file, sha256)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return sha256, size


class _Desk(threading.local):
    """What each thread has of its own: a file for an unfinished photo, and a buffer.

    Fresh memory for each photo would cost more than to fill it.
    """

    def __init__(self, scratch: Path) -> None:
        self.file = scratch / str(threading.get_native_id())
        self.buffer = memoryview(bytearray(_BUFFER_BYTES))


def _next_lot(done: SimpleQueue[Future[Fetched]]) -> list[Future[Fetched]]:
    """Wait a while for a result, and a moment for those that come with it."""
    finished: list[Future[Fetched]] = []
    with suppress(Empty):
        finished.append(done.get(timeout=_LOOK_ROUND_SECONDS))
        # Waking for each result would take the interpreter from those who fetch.
        time.sleep(_LOT_SECONDS)
        while True:
            finished.append(done.get_nowait())
    return finished


def _copy(answer: HTTPResponse, out: FileIO, buffer: memoryview) -> tuple[str, int, memoryview]:
    """Write a body to a file; return its SHA-256, its size and its beginning in the buffer."""
    digest, size, room = hashlib.sha256(), 0, buffer
    while read := read_into(answer, room):
        size += read
        if size > MAX_BYTES:
            raise RenditionError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")
        digest.update(room[:read])
        _write(out, room[:read])
        # What follows in a larger body leaves its beginning alone.
        room = buffer[_HEAD_BYTES:]
    # An answer that broke off in its head looks like one of untold length.
    if not size and "Content-Length" not in answer.headers:
        raise TransientError("the answer broke off before its body.")
    return digest.hexdigest(), size, buffer[: min(size, _HEAD_BYTES)]


def _write(out: FileIO, piece: memoryview) -> None:
    # A disk that is nearly full takes a part, and says so only when it is asked to take the rest.
    while piece:
        piece = piece[out.write(piece) :]
