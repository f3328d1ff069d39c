"""The parent's side of the decoding child: a crash or a hang of a decoder costs one photo."""

import os
import subprocess
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from menagerie.cores import usable_cores
from menagerie.curation.reasons import Reason
from menagerie.errors import DecoderError, StoppedError
from menagerie.lifeline import end_child, start_child
from menagerie.photos.decoder_child import DECODE_SECONDS
from menagerie.photos.examining import Batch, Examined, from_json
from menagerie.photos.slate import Slate
from menagerie.progress import Advance, unwatched

_ACCIDENTS = 3


_Faults = dict[str, tuple[Reason, str]]


class _DiedError(Exception):
    """The child died while it decoded the `suspects`; of a `stuck` one it said so itself."""

    def __init__(self, suspects: set[str], stuck: str | None, status: int) -> None:
        super().__init__()
        self.suspects = suspects if stuck is None else {stuck}
        self.is_certain = stuck is not None
        self.why = (
            f"crashes its decoder (status {status})"
            if stuck is None
            else f"takes more than {DECODE_SECONDS:.0f} seconds to decode"
        )

    def faults(self) -> _Faults:
        return dict.fromkeys(self.suspects, (Reason.BROKEN, self.why))


class Decoder:
    """Decodes batches of stored files in a child process that is started when first needed.

    Threads may share it; one batch at a time is decoded, on all processors.
    """

    def __init__(self, store_url: str, blocks: Path | str) -> None:
        self._arguments = [store_url, str(blocks)]
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False
        self._slate: Slate | None = None

    @property
    def under_way(self) -> set[str]:
        """Files that the child is decoding now, by SHA-256; if it has died, that it was."""
        return self._slate.names() if self._slate is not None else set()

    def examine(self, batch: Batch, advance: Advance = unwatched) -> Examined:
        """Decode a batch, write its block of tiles and return what came of it.

        Raises:
            DecoderError: the child cannot write, or dies whatever it decodes.
            StoppedError: the work was stopped.
        """
        guilty: _Faults = {}
        accidents = 0
        with self._lock:
            while True:
                innocent = [sha256 for sha256 in batch.sha256s if sha256 not in guilty]
                try:
                    examined = self._ask(replace(batch, sha256s=innocent))
                except _DiedError as died:
                    found = died.faults() if died.is_certain else self._guilty(batch, died)
                    guilty.update(found)
                    accidents += not found
                    if accidents == _ACCIDENTS:
                        raise DecoderError(
                            f"The process that decodes photos died {_ACCIDENTS} times"
                            f" ({died.why}), by no photo's fault. Is there enough memory?"
                            " Run the same command again."
                        ) from None
                else:
                    examined.faults.update(guilty)
                    advance(len(batch.sha256s), "")
                    return examined

    def _guilty(self, batch: Batch, died: _DiedError) -> _Faults:
        """Decode each of the suspects alone and return those that kill the child again."""
        guilty: _Faults = {}
        for sha256 in sorted(died.suspects):
            try:
                self._ask(replace(batch, sha256s=[sha256], spec=""))
            except _DiedError as again:
                guilty.update(again.faults())
        return guilty

    def _ask(self, batch: Batch) -> Examined:
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        stuck = None
        with suppress(BrokenPipeError):
            child.stdin.write(orjson.dumps(asdict(batch)).decode() + "\n")
            child.stdin.flush()
        for line in child.stdout:
            message: dict[str, Any] = orjson.loads(line)
            if "examined" in message:
                return from_json(message["examined"])
            if "failed" in message:
                raise DecoderError(
                    f"Photos cannot be decoded: {message['failed']}. See to it, and run the"
                    " same command again."
                )
            stuck = message["stuck"]
        self._child = None
        status = child.wait()
        end_child(child)
        if self._stopped:
            raise StoppedError("The work was stopped.")
        raise _DiedError(self.under_way, stuck, status)

    def _running(self) -> "subprocess.Popen[str]":
        if self._child is None:
            with Slate.create(usable_cores()) as (self._slate, descriptor):
                arguments = [*self._arguments, str(descriptor)]
                self._child = start_child(
                    "menagerie.photos.decoder_child",
                    arguments,
                    # It multiplies no matrices; the threads for that would spin for a while.
                    environment={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                    inherits=[descriptor],
                )
        return self._child

    def stop(self) -> None:
        """Let whoever waits for a batch end at once."""
        self._stopped = True
        self.close()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            end_child(self._child)
