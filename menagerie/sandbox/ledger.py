"""What the sandbox was asked for: counters that tests read."""

from collections import Counter
from threading import Lock

_MOST_PHOTOS = 50_000


class Ledger:
    """Counts calls and photos."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._photo_requests: Counter[str] = Counter()
        self._photos_served = 0
        self._lock = Lock()

    def count_call(self, method: str) -> None:
        """Count a call of an API method."""
        with self._lock:
            self._calls[method] += 1

    def count_photo_request(self, photo_id: str) -> None:
        """Count a request for a photo; beyond a bound, photos not seen before are left out."""
        with self._lock:
            if photo_id in self._photo_requests or len(self._photo_requests) < _MOST_PHOTOS:
                self._photo_requests[photo_id] += 1

    def count_photo_served(self) -> None:
        """Count a photo that was sent whole."""
        with self._lock:
            self._photos_served += 1

    def report(self) -> dict[str, object]:
        """Return the counters."""
        with self._lock:
            return {
                "calls": dict(self._calls),
                "photos_served": self._photos_served,
                "photo_requests": dict(self._photo_requests),
            }
