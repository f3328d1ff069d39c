"""Asking again: as often as patience allows, as long as it helps."""

import threading
import time

import pytest

from menagerie.errors import FlickrError, StoppedError, TransientError
from menagerie.retry import Gate, Patience, persist

QUICK = Patience(attempts=5, connect_attempts=2, first_pause_seconds=0.001)


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
    gate = Gate()
    persist(Failing(1, TransientError("429", 0.2, slow_down=True)), QUICK, gate)
    gate.hold(0.2)
    started = time.monotonic()
    persist(Failing(0, TransientError("")), QUICK, gate)
    assert time.monotonic() - started >= 0.15


def test_a_server_that_failed_for_minutes_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("menagerie.retry.HOPELESS_SECONDS", -1.0)
    gate, ask = Gate(), Failing(99, TransientError("busy"))
    for asked in (1, 2):
        with pytest.raises(TransientError):
            persist(ask, QUICK, gate)
        assert ask.asked == asked
    persist(Failing(0, TransientError("")), QUICK, gate)
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
