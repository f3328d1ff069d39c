"""What the sandbox was asked for: counters that tests read."""

from collections import Counter
from threading import Lock

_MOST_PHOTOS = 2_000_000


class Ledger:
    """Counts calls and photos."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        # Numbers, not texts: a million of them must fit.
        self._photo_requests: Counter[int] = Counter()
        self._photos_served = 0
        self._lock = Lock()

    def count_call(self, method: str) -> None:
        """Count a call of an API method."""
        with self._lock:
            self._calls[method] += 1

    def count_photo_request(self, photo_id: str) -> None:
        """Count a request for a photo; beyond a bound, photos not seen before are left out."""
        number = int(photo_id)
        with self._lock:
            if number in self._photo_requests or len(self._photo_requests) < _MOST_PHOTOS:
                self._photo_requests[number] += 1

    def count_photo_served(self) -> None:
        """Count a photo that was sent whole."""
        with self._lock:
            self._photos_served += 1

    def report(self, *, brief: bool) -> dict[str, object]:
        """Return the counters; a brief report names only photos asked for more than once."""
        with self._lock:
            requests = dict(self._photo_requests)
            calls, served = dict(self._calls), self._photos_served
        return {
            "calls": calls,
            "photos_served": served,
            "photos_requested": len(requests),
            "photos_repeated": {str(i): times for i, times in requests.items() if times > 1},
            **({} if brief else {"photo_requests": {str(i): n for i, n in requests.items()}}),
        }
