"""Photos by their address, read into memory: the rules of the photo hosts, less patience."""

import threading
from types import TracebackType
from typing import Self

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError, TransientError
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.fetch import TRANSFER_SECONDS
from menagerie.photos.hosts import PhotoHosts
from menagerie.photos.lines import read_into
from menagerie.retry import Gate, Patience, persist

# Somebody waits for the answer.
_PATIENCE = Patience(attempts=3, connect_attempts=2, refusals=1, asking_seconds=TRANSFER_SECONDS)
_PIECE_BYTES = 2**18
_LOOK_ROUND_SECONDS = 0.5


class RemotePhotos:
    """Reads photos from the allowed hosts. Threads may share it."""

    def __init__(
        self, hosts: str, user_agent: str, transfer_seconds: float = TRANSFER_SECONDS
    ) -> None:
        self._hosts = PhotoHosts(hosts, user_agent)
        self._gate = Gate()
        self._transfer_seconds = transfer_seconds
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop whoever reads, and close the connections."""
        self._gate.stop()
        self._closed.set()
        self._hosts.hang_up(older_than_seconds=0)
        if self._watch is not None:
            self._watch.join()
        self._hosts.close()

    def read(self, url: str) -> bytes:
        """Read a photo's bytes.

        Raises:
            PhotoError: its host may not be asked, or does not give it.
            StoppedError: the work was stopped.
        """
        self._begin_to_watch()
        try:
            data, _ = persist(lambda: self._read(url), _PATIENCE, self._gate)
        except TransientError as error:
            said = str(error).rstrip(".")
            raise PhotoError(Reason.DOWNLOAD_FAILED, f"cannot be fetched: {said}") from None
        except PhotoError as error:
            raise PhotoError(error.reason, f"cannot be fetched: {error}") from None
        return data

    def _read(self, url: str) -> bytes:
        body, piece = bytearray(), memoryview(bytearray(_PIECE_BYTES))
        with self._hosts.answer(url) as answer:
            while read := read_into(answer, piece):
                body += piece[:read]
                if len(body) > MAX_BYTES:
                    raise PhotoError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")
            if not body and "Content-Length" not in answer.headers:
                raise TransientError("the answer broke off before its body.")
        return bytes(body)

    def _begin_to_watch(self) -> None:
        with self._lock:
            if self._watch is None:
                self._watch = threading.Thread(target=self._look_round, daemon=True, name="watch")
                self._watch.start()

    def _look_round(self) -> None:
        """Cut what drips: no time-out of a single read sees it."""
        while not self._closed.wait(_LOOK_ROUND_SECONDS):
            self._hosts.hang_up(self._transfer_seconds)
