"""Asking again: as often as patience allows, as long as it helps."""

import math
import random
import threading
import time

import pytest

from menagerie.errors import FlickrError, StoppedError, TransientError
from menagerie.retry import HOPELESS_SECONDS, Clock, Gate, Patience, persist, seconds_to_wait

QUICK = Patience(attempts=5, connect_attempts=2, first_pause_seconds=0.001)


class Simulated(Clock):
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.moment = 0.0

    def now(self) -> float:
        return self.moment

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.moment += seconds
        return event.is_set()


class Failing:
    """Fails some times, then answers."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.asked = times, error, 0

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        return "answer"


def test_a_transient_fault_is_asked_again() -> None:
    assert persist(Failing(3, TransientError("busy")), QUICK, Gate()) == ("answer", 4)


def test_patience_ends_and_tells_how_often_it_asked() -> None:
    with pytest.raises(TransientError) as raised:
        persist(Failing(99, TransientError("busy")), QUICK, Gate())
    assert raised.value.attempts == 5


def test_a_permanent_fault_is_not_asked_again() -> None:
    ask = Failing(1, FlickrError("no"))
    with pytest.raises(FlickrError):
        persist(ask, QUICK, Gate())
    assert ask.asked == 1


def test_no_connection_at_all_ends_patience_sooner() -> None:
    with pytest.raises(TransientError) as raised:
        persist(Failing(99, TransientError("refused", connected=False)), QUICK, Gate())
    assert raised.value.attempts == 2


def test_what_the_server_asks_for_is_waited() -> None:
    started = time.monotonic()
    persist(Failing(1, TransientError("429", 0.2)), QUICK, Gate())
    assert time.monotonic() - started >= 0.2


def test_a_server_that_asks_to_slow_down_slows_everybody_down() -> None:
    clock = Simulated()
    gate = Gate(clock)
    began = gate.enter()
    assert began is not None
    gate.failed(began, TransientError("429", 7, slow_down=True))
    gate.enter()
    assert clock.now() - began == pytest.approx(7)


def test_who_is_refused_keeps_the_patience_for_other_faults() -> None:
    ask = Failing(20, TransientError("429", 1, slow_down=True))
    assert persist(ask, QUICK, Gate(Simulated())) == ("answer", 21)


def test_who_is_refused_for_ever_is_left_for_later() -> None:
    patience = Patience(refusals=7, first_pause_seconds=0.001)
    with pytest.raises(TransientError) as raised:
        persist(Failing(99, TransientError("429", slow_down=True)), patience, Gate(Simulated()))
    assert raised.value.attempts == 7


def test_who_is_kept_waiting_on_purpose_is_left_for_later() -> None:
    clock = Simulated()
    failing = Failing(99, TransientError("too slow"))

    def ask() -> str:
        clock.moment += 60
        return failing()

    with pytest.raises(TransientError) as raised:
        persist(ask, Patience(asking_seconds=100), Gate(clock))
    assert raised.value.attempts == 2


def test_a_server_that_failed_for_minutes_is_only_probed() -> None:
    clock = Simulated()
    gate, ask = Gate(clock), Failing(99_999, TransientError("HTTP status 503."))
    with pytest.raises(TransientError):
        persist(ask, Patience(attempts=99_999), gate)
    assert gate.is_hopeless
    assert clock.now() > HOPELESS_SECONDS
    asked = ask.asked
    for _ in range(100):
        with pytest.raises(TransientError, match=r"HTTP status 503\..*") as raised:
            persist(ask, QUICK, gate)
    assert (raised.value.attempts, ask.asked) == (0, asked + 1)
    clock.moment += 60
    assert persist(Failing(0, TransientError("")), QUICK, gate) == ("answer", 1)
    assert not gate.is_hopeless


def test_a_long_wait_that_the_server_asked_for_is_no_outage() -> None:
    ask = Failing(1, TransientError("429", 600, slow_down=True))
    assert persist(ask, QUICK, Gate(Simulated())) == ("answer", 2)


def test_a_no_is_an_answer_too() -> None:
    clock = Simulated()
    gate = Gate(clock)
    for _ in range(2):
        gate.failed(0, TransientError("503"))
        clock.moment += HOPELESS_SECONDS + 1
    gate.failed(0, TransientError("503"))
    assert gate.is_hopeless
    with pytest.raises(FlickrError):
        persist(Failing(1, FlickrError("no")), QUICK, gate)
    assert not gate.is_hopeless


def test_who_waits_is_stopped_at_once() -> None:
    gate = Gate()
    threading.Timer(0.1, gate.stop).start()
    started = time.monotonic()
    with pytest.raises(StoppedError):
        persist(Failing(99, TransientError("429", 60, slow_down=True)), QUICK, gate)
    assert time.monotonic() - started < 10


def test_pauses_grow_and_stay_below_the_longest() -> None:
    patience = Patience(attempts=100, first_pause_seconds=1, longest_pause_seconds=8)
    pauses = [patience.pause_seconds(n, TransientError("")) or 0 for n in (1, 3, 30)]
    assert 0.5 <= pauses[0] <= 1
    assert 1.28 <= pauses[1] <= 2.56
    assert 4 <= pauses[2] <= 8


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("99999", 600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 2999 23:59:59 GMT", 600),
        ("Fri, 31 Dec 9999 23:59:59 -1400", None),
        ("soon", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_retry_after_holds_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header) == seconds


class Host:
    """A simulated host with a bucket of tokens, asked by one client without end."""

    def __init__(self, per_second: float) -> None:
        self.per_second, self.tokens, self.filled_at = per_second, 1.0, 0.0
        self.clock = Simulated()
        self.gate = Gate(self.clock)

    def ask(self, seconds: float) -> tuple[int, int]:
        """Ask as fast as the gate lets pass; return how many were answered and refused."""
        answered = refused = 0
        ends_at = self.clock.now() + seconds
        while self.clock.now() < ends_at:
            began = self.gate.enter()
            assert began is not None
            self.clock.moment += 0.005
            if self._has_token():
                self.gate.answered()
                answered += 1
            else:
                self.gate.failed(began, TransientError("429", slow_down=True))
                refused += 1
        return answered, refused

    def _has_token(self) -> bool:
        now = self.clock.now()
        self.tokens = min(self.tokens + (now - self.filled_at) * self.per_second, self.per_second)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@pytest.mark.parametrize("per_second", [2, 20, 100])
def test_the_pace_becomes_what_the_server_bears(per_second: float) -> None:
    host = Host(per_second)
    host.ask(60)
    answered, refused = host.ask(600)
    assert answered > 0.75 * 600 * per_second
    assert refused < 0.05 * answered


def test_the_pace_recovers_slowly_when_the_server_bears_more() -> None:
    host = Host(10)
    host.ask(60)
    host.per_second = 100
    assert host.ask(10)[0] < 200
    host.ask(600)
    assert host.ask(10)[0] > 500


def test_a_pace_that_no_refusal_taught_is_free() -> None:
    host = Host(10_000)
    answered, refused = host.ask(60)
    assert answered == pytest.approx(60 / 0.005, abs=2)
    assert refused == 0
    assert host.gate.rate == math.inf


def test_refusals_that_have_nothing_to_do_with_the_pace_do_not_bring_it_to_a_halt() -> None:
    clock, dice = Simulated(), random.Random(1)
    gate = Gate(clock)
    asked = 0
    while clock.now() < 600:
        began = gate.enter()
        assert began is not None
        asked += 1
        clock.moment += 0.005
        if dice.random() < 0.3:
            gate.failed(began, TransientError("429", slow_down=True))
        else:
            gate.answered()
    assert asked > 600 * 4
