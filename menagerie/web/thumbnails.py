"""Small photos that were made lately, in memory."""

import threading
from collections import OrderedDict

_MOST_BYTES = 64 * 2**20


class Thumbnails:
    """Small photos that were made lately, the longest unused first to go: in memory alone.

    So nothing of a photo outlives it that is forgotten.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, sha256: str) -> bytes | None:
        """Return a small photo if it was made lately."""
        with self._lock:
            if sha256 in self._made:
                self._made.move_to_end(sha256)
            return self._made.get(sha256)

    def put(self, sha256: str, data: bytes) -> None:
        """Keep a small photo for a while."""
        with self._lock:
            self._bytes += len(data) - len(self._made.pop(sha256, b""))
            self._made[sha256] = data
            while self._bytes > self._most_bytes and len(self._made) > 1:
                self._bytes -= len(self._made.popitem(last=False)[1])
