"""Asking again: one predicate, one loop, one gate that slows everyone down together."""

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from menagerie.errors import MenagerieError, StoppedError, TransientError

Result = TypeVar("Result")

LONGEST_RETRY_AFTER_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on asking.

    The n-th pause is `first_pause_seconds` * 1.6**(n - 1), at most `longest_pause_seconds`, less
    up to half of it by chance, so that those who failed together do not return together; a server
    that asks for a longer one gets it.
    A server that cannot even be connected to gets `connect_attempts` only: that is an outage.
    Being told to slow down says nothing about what was asked for, so it is counted apart, up to
    `refusals`. Whoever spent `asking_seconds` on requests alone is kept waiting on purpose.
    """

    attempts: int = 60
    connect_attempts: int = 5
    refusals: int = 100
    first_pause_seconds: float = 0.25
    longest_pause_seconds: float = 5.0
    asking_seconds: float = 300.0

    def pause_seconds(self, attempt: int, error: TransientError) -> float | None:
        """Tell how long to wait after the attempt (from 1) that ended so; None: give up."""
        limit = self.attempts if error.connected else self.connect_attempts
        if attempt >= (self.refusals if error.slow_down else limit):
            return None
        # The exponent is bounded because floats are.
        growth = 1.6 ** min(attempt - 1, 40)
        pause = min(self.first_pause_seconds * growth, self.longest_pause_seconds)
        pause *= random.uniform(0.5, 1.0)  # noqa: S311
        return max(pause, error.retry_after_seconds or 0.0)


class Clock:
    """The machine's time; a test puts its own in its place."""

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for so long, or until the event; tell whether it was the event."""
        return event.wait(seconds)


class Pace:
    """Requests a second that a host bears, learnt from what it refuses.

    Free until the first refusals. Then every window of some requests is looked at: one with too
    many refusals cuts the rate to a part of what was answered, one without lets it grow by a
    constant step, slowly. A cut that changed nothing is not repeated: such refusals have another
    cause than the pace.
    """

    WINDOW_SECONDS = 1.0
    LONGEST_WINDOW_SECONDS = 10.0
    WINDOW_REQUESTS = 100
    TOLERATED_SHARE = 0.01
    CUT = 0.8
    GROWTH_PER_SECOND = 0.02
    LOWEST_RATE = 0.2

    def __init__(self) -> None:
        self.rate = math.inf
        self._step = 0.0
        self._share_at_cut = 0.0
        self._window_began = -math.inf
        self._asked = 0
        self._refused = 0

    def note(self, now: float, *, refused: bool) -> None:
        """Note how a request ended."""
        if now - self._window_began > 2 * self.LONGEST_WINDOW_SECONDS:
            # Nobody asked for a while; what was counted before says nothing of now.
            self._begin_window(now)
        self._asked += 1
        self._refused += refused
        seconds = now - self._window_began
        full = self._asked >= self.WINDOW_REQUESTS and seconds >= self.WINDOW_SECONDS
        if full or seconds >= self.LONGEST_WINDOW_SECONDS:
            self._adjust(seconds)
            self._begin_window(now)

    def _begin_window(self, now: float) -> None:
        self._window_began, self._asked, self._refused = now, 0, 0

    def _adjust(self, seconds: float) -> None:
        share = self._refused / self._asked
        if share <= self.TOLERATED_SHARE:
            self._share_at_cut = 0.0
        elif self._is_as_before(share):
            self._share_at_cut += 0.2 * (share - self._share_at_cut)
        else:
            answered = (self._asked - self._refused) / seconds
            self.rate = max(self.CUT * min(self.rate, answered), self.LOWEST_RATE)
            self._step = self.GROWTH_PER_SECOND * self.rate
            self._share_at_cut = share
            return
        self.rate += self._step * seconds

    def _is_as_before(self, share: float) -> bool:
        """Tell whether as many are refused as before the last cut, but for chance."""
        before = self._share_at_cut
        deviation = math.sqrt(before * (1 - before) / self._asked)
        return before > 0 and abs(share - before) <= max(0.4 * before, 2.5 * deviation)


HOPELESS_SECONDS = 120.0
"""A server that only failed for so long is not waited for any longer."""

PROBE_SECONDS = 5.0
"""How often a hopeless server is asked whether it is back; what else is wanted fails unasked."""

FIRST_HOLD_SECONDS = 0.25
"""How long everybody waits when a server asks to slow down and does not say for how long.

Twice as long each time it is still so after the wait, and nothing was answered in between. Only
the request that was refused backs off further: its pauses grow with its own bad luck, and would
stop the whole pool for seconds at a time.
"""

LONGEST_HOLD_SECONDS = 30.0


class Gate:
    """Lets the requests of a pool pass at the pace that the server bears, or none for a while."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.last_failure = ""
        self._pace = Pace()
        self._opens_at = -math.inf
        self._held_at = -math.inf
        self._hold_seconds = FIRST_HOLD_SECONDS
        self._failing_since: float | None = None
        self._failed_at = -math.inf
        self._probed_at = -math.inf
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """Requests a second that pass at most; infinite while nothing was refused."""
        return self._pace.rate

    @property
    def is_stopped(self) -> bool:
        """Whether the work was stopped."""
        return self._stopped.is_set()

    @property
    def is_hopeless(self) -> bool:
        """Whether requests of more than two minutes failed, every one."""
        since = self._failing_since
        return since is not None and self._failed_at - since > HOPELESS_SECONDS

    def enter(self) -> float | None:
        """Wait for a turn to ask; return when it came, or None: there is no hope, do not ask.

        Raises:
            StoppedError: the work was stopped.
        """
        while True:
            self.pause(0)
            with self._lock:
                now = self.clock.now()
                if self.is_hopeless:
                    if now < max(self._opens_at, self._probed_at + PROBE_SECONDS):
                        return None
                    self._probed_at = now
                    return now
                closed_for = self._opens_at - now
                if closed_for <= 0:
                    self._opens_at = now + 1 / self._pace.rate
                    return now
            self.pause(closed_for)

    def pause(self, seconds: float) -> None:
        """Wait for so long.

        Raises:
            StoppedError: the work was stopped.
        """
        if self.is_stopped or (seconds > 0 and self.clock.wait(self._stopped, seconds)):
            raise StoppedError("The work was stopped. Run the same command to go on.")

    def stop(self) -> None:
        """Let nobody wait or pass any more."""
        self._stopped.set()

    def answered(self) -> None:
        """Note that the server answered, be it with a yes or a no."""
        with self._lock:
            self._failing_since = None
            self._hold_seconds = FIRST_HOLD_SECONDS
            self._pace.note(self.clock.now(), refused=False)

    def failed(self, began: float, error: TransientError) -> None:
        """Note that a request, let pass at `began`, failed; hold everybody if it says so."""
        with self._lock:
            now = self.clock.now()
            self.last_failure, self._failed_at = str(error), now
            if self._failing_since is None:
                self._failing_since = now
            self._pace.note(now, refused=error.slow_down)
            seconds = error.retry_after_seconds
            if not error.slow_down or (seconds is None and began < self._held_at):
                # Of those who were under way together, the first one held everybody already.
                return
            if seconds is None:
                seconds = self._hold_seconds
                self._hold_seconds = min(2 * seconds, LONGEST_HOLD_SECONDS)
            self._held_at = now
            self._opens_at = max(self._opens_at, now + seconds)


def persist(ask: Callable[[], Result], patience: Patience, gate: Gate) -> tuple[Result, int]:
    """Ask until an answer comes; return it and how many attempts it took.

    Raises:
        TransientError: the last one, when patience ran out. Its `attempts` says how many.
        StoppedError: the work was stopped.
    """
    asked = refused = 0
    spent_seconds = 0.0
    while True:
        began = gate.enter()
        if began is None:
            raise _unasked(gate, asked)
        asked += 1
        try:
            answer = ask()
        except TransientError as error:
            gate.failed(began, error)
            error.attempts = asked
            refused += error.slow_down
            spent_seconds += gate.clock.now() - began
            pause = patience.pause_seconds(refused if error.slow_down else asked - refused, error)
            if pause is None or gate.is_hopeless or spent_seconds > patience.asking_seconds:
                raise
            gate.pause(pause)
        except MenagerieError:
            gate.answered()
            raise
        else:
            gate.answered()
            return answer, asked


def _unasked(gate: Gate, attempts: int) -> TransientError:
    error = TransientError(
        f"{gate.last_failure} So it went for {HOPELESS_SECONDS:.0f} seconds and more; not asked."
    )
    error.attempts = attempts
    return error


def seconds_to_wait(retry_after: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most ten minutes.

    It may hold seconds or a date; None when it holds neither.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)
