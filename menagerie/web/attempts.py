"""How often somebody may guess a token."""

import threading
import time
from collections import deque
from collections.abc import Callable

GUESSES = 10
"""So many wrong tokens an address may send within PERIOD_SECONDS."""

GUESSES_OF_ALL = 100
PERIOD_SECONDS = 60.0


class Attempts:
    """Remembers the wrong tokens of the last minute; never more than GUESSES_OF_ALL of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque(maxlen=GUESSES_OF_ALL)
        self._lock = threading.Lock()

    def wait_seconds(self, asker: str) -> float:
        """Return how long an address is to wait before it may try again; 0 if it may now."""
        with self._lock:
            since = self._clock() - PERIOD_SECONDS
            while self._failures and self._failures[0][0] <= since:
                self._failures.popleft()
            theirs = [moment for moment, other in self._failures if other == asker]
            if len(theirs) < GUESSES and len(self._failures) < GUESSES_OF_ALL:
                return 0.0
            oldest = theirs[0] if len(theirs) >= GUESSES else self._failures[0][0]
            return oldest - since

    def note_failure(self, asker: str) -> None:
        """Note that an address sent a wrong token."""
        with self._lock:
            self._failures.append((self._clock(), asker))
