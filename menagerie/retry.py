"""Asking again: one predicate, one loop, one gate that slows everyone down together."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from menagerie.errors import StoppedError, TransientError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on asking.

    The n-th pause is `first_pause_seconds` * 1.6**(n - 1), at most `longest_pause_seconds`, less
    up to half of it by chance, so that those who failed together do not return together.
    A server that cannot even be connected to gets `connect_attempts` only: that is an outage.
    """

    attempts: int = 24
    connect_attempts: int = 5
    first_pause_seconds: float = 0.25
    longest_pause_seconds: float = 10.0

    def pause_seconds(self, attempt: int, error: TransientError) -> float | None:
        """Tell how long to wait after the attempt (from 1) that ended so; None: give up."""
        if attempt >= (self.attempts if error.connected else self.connect_attempts):
            return None
        if error.retry_after_seconds is not None:
            return error.retry_after_seconds
        pause = min(self.first_pause_seconds * 1.6 ** (attempt - 1), self.longest_pause_seconds)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311


HOPELESS_SECONDS = 120.0
"""A server that only failed for so long is not waited for any longer; it is asked once each."""


SLOW_DOWN_SECONDS = 0.25
"""How long everybody waits when a server asks to slow down and does not say for how long.

Only the request that was refused backs off further: its pauses grow with its own bad luck, and
would stop the whole pool for seconds at a time.
"""


class Gate:
    """Lets every request of a pool pass, or none until some time has gone by."""

    def __init__(self) -> None:
        self._opens_at = 0.0
        self._failing_since: float | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def hold(self, seconds: float) -> None:
        """Let nobody pass for so long."""
        with self._lock:
            self._opens_at = max(self._opens_at, time.monotonic() + seconds)

    def wait(self) -> None:
        """Wait until the gate is open.

        Raises:
            StoppedError: the work was stopped.
        """
        while (closed_for := self._opens_at - time.monotonic()) > 0:
            self.pause(closed_for)
        self.pause(0)

    def pause(self, seconds: float) -> None:
        """Wait for so long.

        Raises:
            StoppedError: the work was stopped.
        """
        if self._stopped.wait(seconds):
            raise StoppedError("The work was stopped. Run the same command to go on.")

    def stop(self) -> None:
        """Let nobody wait or pass any more."""
        self._stopped.set()

    def note(self, *, success: bool) -> None:
        """Note how a request ended."""
        if success:
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = time.monotonic()

    @property
    def is_hopeless(self) -> bool:
        """Whether every request of the last two minutes failed."""
        since = self._failing_since
        return since is not None and time.monotonic() - since > HOPELESS_SECONDS


def persist(ask: Callable[[], Result], patience: Patience, gate: Gate) -> tuple[Result, int]:
    """Ask until an answer comes; return it and how many attempts it took.

    Raises:
        TransientError: the last one, when patience ran out. Its `attempts` says how many.
        StoppedError: the work was stopped.
    """
    attempt = 0
    while True:
        attempt += 1
        gate.wait()
        try:
            answer = ask()
            gate.note(success=True)
            return answer, attempt
        except TransientError as error:
            gate.note(success=False)
            pause = patience.pause_seconds(attempt, error)
            if pause is None or gate.is_hopeless:
                error.attempts = attempt
                raise
            if error.slow_down:
                gate.hold(error.retry_after_seconds or SLOW_DOWN_SECONDS)
            if error.retry_after_seconds is None:
                gate.pause(pause)
            elif not error.slow_down:
                gate.pause(error.retry_after_seconds)
