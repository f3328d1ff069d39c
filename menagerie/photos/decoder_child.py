"""The decoding child: `python -m menagerie.photos.decoder_child`, started by `decoder.Decoder`.

It reads one batch a line from standard input and prints one JSON document a line on standard
output: what came of the batch. Which files it decodes stands on a slate that its parent sees. A
crash or a hang of a decoder ends this process and nothing else.
"""

import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from menagerie.errors import MenagerieError
from menagerie.lifeline import requests_of_parent
from menagerie.photos.examining import Batch, examine_batch, to_json
from menagerie.photos.slate import Slate
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore

DECODE_SECONDS = 10.0
"""Processor time that the decoding of one photo may take; real photos take hundredths."""
# A decoder that waits for something burns no processor time.
_WAITING_SECONDS = 60.0
_LOOK_ROUND_SECONDS = 0.5


def main(store_url: str, blocks: str, slate: str) -> None:
    """Examine batches until the parent hangs up."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lock = threading.Lock()

    def tell(message: dict[str, Any]) -> None:
        with lock:
            answers.write(orjson.dumps(message) + b"\n")
            answers.flush()

    # What Pillow says of damaged files names none of them; they have their reason.
    warnings.simplefilter("ignore")
    watch = _Watch(tell, Slate(int(slate)))
    store = PhotoStore(store_url)
    for line in requests_of_parent():
        batch = Batch(**orjson.loads(line))
        tiles = TileStore(blocks, batch.spec)
        try:
            tell(
                {
                    "examined": to_json(
                        examine_batch(store, tiles, batch, watch.threads, watch.decoding)
                    )
                }
            )
        except (MenagerieError, OSError) as error:
            tell({"failed": f"{type(error).__name__}: {error}"})


@dataclass(frozen=True, slots=True, eq=False)
class _Decode:
    """One decoding of one file, and the clock of the processor time of the thread that does it."""

    sha256: str
    clock: int


class _Watch:
    """Knows which files are being decoded, and ends this process when one takes too long."""

    def __init__(self, tell: Any, slate: Slate) -> None:
        self.threads = slate.lines
        self._tell = tell
        self._slate = slate
        self._under_way: set[_Decode] = set()
        threading.Thread(target=self._look_round, daemon=True, name="watch").start()

    @contextmanager
    def decoding(self, sha256: str) -> Iterator[None]:
        """Watch over the decoding of a file, in the thread that does it."""
        decode = _Decode(sha256, time.pthread_getcpuclockid(threading.get_ident()))
        with self._slate.naming(sha256):
            self._under_way.add(decode)
            try:
                yield
            finally:
                self._under_way.remove(decode)

    def _look_round(self) -> None:
        """Look for decodings that were under way before, and are still.

        The clocks are read here alone: most photos are decoded between two looks.
        """
        seen: dict[_Decode, tuple[float, float]] = {}
        while True:
            time.sleep(_LOOK_ROUND_SECONDS)
            under_way = self._under_way.copy()
            seen = {decode: began for decode, began in seen.items() if decode in under_way}
            for decode in under_way:
                try:
                    worked, now = time.clock_gettime(decode.clock), time.monotonic()
                except OSError:
                    continue  # Its thread has just ended.
                before, since = seen.setdefault(decode, (worked, now))
                if worked - before > DECODE_SECONDS or now - since > _WAITING_SECONDS:
                    self._tell({"stuck": decode.sha256})
                    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
