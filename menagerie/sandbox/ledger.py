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
        self._photos_served: Counter[int] = Counter()
        self._lock = Lock()

    def count_call(self, method: str) -> None:
        """Count a call of an API method."""
        with self._lock:
            self._calls[method] += 1

    def count_photo_request(self, photo_id: str) -> None:
        """Count a request for a photo; beyond a bound, photos not seen before are left out."""
        with self._lock:
            _count(self._photo_requests, int(photo_id))

    def count_photo_served(self, photo_id: str) -> None:
        """Count a photo that was sent whole, within the same bound."""
        with self._lock:
            _count(self._photos_served, int(photo_id))

    def report(self, *, brief: bool) -> dict[str, object]:
        """Return the counters; a brief report names only photos that came up more than once."""
        with self._lock:
            requests = dict(self._photo_requests)
            calls, served = dict(self._calls), dict(self._photos_served)
        return {
            "calls": calls,
            "photos_served": sum(served.values()),
            "photos_served_again": _repeated(served),
            "photos_requested": len(requests),
            "photos_requested_again": _repeated(requests),
            **({} if brief else {"photo_requests": {str(i): n for i, n in requests.items()}}),
        }


def _count(counter: Counter[int], number: int) -> None:
    if number in counter or len(counter) < _MOST_PHOTOS:
        counter[number] += 1


def _repeated(times: dict[int, int]) -> dict[str, int]:
    return {str(number): count for number, count in times.items() if count > 1}
