"""Limits by rate: so many requests in so many seconds, and the next one is refused."""

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

# What api.openverse.org grants those without an account.
_OPENVERSE_MINUTE = 20
_OPENVERSE_DAY = 200


class Throttle:
    """Admits at most a number of requests in any span of `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._admitted: deque[float] = deque()
        self._lock = Lock()

    def wait_seconds(self, limit: int) -> int | None:
        """Admit a request and return None, or refuse it and return when to come back."""
        now = time.monotonic()
        with self._lock:
            while self._admitted and self._admitted[0] <= now - self._seconds:
                self._admitted.popleft()
            if len(self._admitted) < limit:
                self._admitted.append(now)
                return None
            oldest = self._admitted[0] if self._admitted else now
            return max(1, math.ceil(oldest + self._seconds - now))


@dataclass(frozen=True, slots=True)
class TooMany:
    """A request is one too many. `retry_after_seconds` is None where the host does not say."""

    retry_after_seconds: int | None


class Limits:
    """The limits of a sandbox's hosts, by their names in the faults' spec."""

    def __init__(self) -> None:
        self._photo = Throttle(1)
        self._minute = Throttle(60)
        self._day = Throttle(86_400)

    def photo(self, limits: Mapping[str, int]) -> TooMany | None:
        """Count a request to the photo host, where that has a limit."""
        for name in ("photo-rate", "photo-rate-retry-after"):
            if name in limits:
                wait_seconds = self._photo.wait_seconds(limits[name])
                if wait_seconds is not None:
                    return TooMany(wait_seconds if name.endswith("retry-after") else None)
        return None

    def openverse(self, limits: Mapping[str, int]) -> int | None:
        """Count a request to Openverse; return when to come back if it is one too many."""
        by_minute = self._minute.wait_seconds(limits.get("openverse-minute", _OPENVERSE_MINUTE))
        if by_minute is not None:
            return by_minute
        return self._day.wait_seconds(limits.get("openverse-day", _OPENVERSE_DAY))
