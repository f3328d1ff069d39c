"""The decoding child: `python -m menagerie.photos.decoder_child`, started by `decoder.Decoder`.

It reads one batch a line from standard input and prints one JSON document a line on standard
output: which file it begins or ends to decode, and what came of the batch. A crash or a hang of
a decoder ends this process and nothing else.
"""

import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from menagerie.errors import MenagerieError
from menagerie.lifeline import requests_of_parent
from menagerie.photos.examining import Batch, examine_batch, to_json
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore

DECODE_SECONDS = 10.0
"""Processor time that the decoding of one photo may take; real photos take hundredths."""
# A decoder that waits for something burns no processor time.
_WAITING_SECONDS = 60.0
_LOOK_ROUND_SECONDS = 0.5


def main(store_url: str, blocks: str) -> None:
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
    watch = _Watch(tell)
    store = PhotoStore(store_url)
    for line in requests_of_parent():
        batch = Batch(**orjson.loads(line))
        tiles = TileStore(blocks, batch.spec)
        try:
            tell({"examined": to_json(examine_batch(store, tiles, batch, watch.decoding))})
        except (MenagerieError, OSError) as error:
            tell({"failed": f"{type(error).__name__}: {error}"})


class _Watch:
    """Knows which files are being decoded, and ends this process when one takes too long."""

    def __init__(self, tell: Any) -> None:
        self._tell = tell
        self._under_way: dict[str, tuple[int, float, float]] = {}
        threading.Thread(target=self._look_round, daemon=True, name="watch").start()

    @contextmanager
    def decoding(self, sha256: str) -> Iterator[None]:
        """Watch over the decoding of a file, in the thread that does it."""
        clock = time.pthread_getcpuclockid(threading.get_ident())
        self._tell({"begins": sha256})
        self._under_way[sha256] = clock, time.clock_gettime(clock), time.monotonic()
        try:
            yield
        finally:
            del self._under_way[sha256]
            self._tell({"ends": sha256})

    def _look_round(self) -> None:
        while True:
            time.sleep(_LOOK_ROUND_SECONDS)
            for sha256, (clock, worked, began) in list(self._under_way.items()):
                spent = time.clock_gettime(clock) - worked
                if spent > DECODE_SECONDS or time.monotonic() - began > _WAITING_SECONDS:
                    self._tell({"stuck": sha256})
                    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
