"""The supervisor over real processes: order, restarts, giving up, ending."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from menagerie.errors import WorkError
from menagerie.supervising.detaching import stop
from menagerie.supervising.logs import turn_over
from menagerie.supervising.parts import Part
from menagerie.supervising.record import Record, held, is_held, running
from menagerie.supervising.supervisor import Supervisor
from tests.processes import ended, is_alive, wait_until
from tests.supervising.stubs import stub

ROOT = Path(__file__).resolve().parents[2]


def run_until(home: Path, words: str, *parts: Part) -> list[str]:
    """Run parts until something is said, then end them; returns all that was said."""
    said: list[str] = []
    stopping = threading.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        if words in sentence:
            stopping.set()

    Supervisor(parts, home, "http://127.0.0.1:9/api", say).run(stopping, lambda _: None)
    return said


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", Record]]:
    """A supervisor of two stubs in a process of its own, and its record."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.supervising.stubs", "supervise", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        text=True,
    )
    with ended(child):
        wait_until(lambda: (found := running(tmp_path)) is not None and found.ready, by=child)
        record = running(tmp_path)
        assert record is not None
        yield child, record


def test_a_part_starts_when_what_it_needs_is_ready(tmp_path: Path) -> None:
    parts = (
        stub("third", "stay", after=("second",)),
        stub("second", "pass", after=("first",), is_step=True),
        stub("first", "stay", is_ready=lambda _: (tmp_path / "logs/first.log").exists()),
    )
    said = run_until(tmp_path, "third", *parts)
    assert said == ["first ready", "second: done", "third ready"]


def test_a_part_that_dies_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    said = run_until(tmp_path, "again in", stub("roof", "fail"))
    assert said[0] == "roof ready"
    assert said[1].startswith("roof ended with status 1; starting it again in 1 s")


def test_a_part_that_was_started_again_is_ready_again(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    said = run_until(tmp_path, "ready again", stub("roof", "crash-once", str(marker)))
    assert said[-1] == "roof ready again"


def test_the_pauses_grow_until_a_part_is_given_up_and_everything_stops(tmp_path: Path) -> None:
    said: list[str] = []
    parts = [stub("roof", "fail", is_ready=lambda _: False), stub("wall", "stay")]
    supervisor = Supervisor(parts, tmp_path, "", said.append)
    with pytest.raises(WorkError, match=r"roof could not be started.*logs/roof\.log"):
        supervisor.run(threading.Event(), lambda _: None)
    told = [sentence for sentence in said if sentence.startswith("roof")]
    assert ["in 1 s" in told[0], "in 2 s" in told[1]] == [True, True]
    assert "and said: the roof is leaking" in told[2]
    assert not any(part["pid"] for part in supervisor.record.parts.values())


def test_a_step_that_was_called_wrongly_is_not_tried_again(tmp_path: Path) -> None:
    said = run_until(tmp_path, "roof ended", stub("roof", "wrong", is_step=True))
    assert len(said) == 1
    assert "and said: there is no such roof" in said[0]


def test_a_killed_supervisor_leaves_no_part_behind(
    supervised: tuple["subprocess.Popen[str]", Record], tmp_path: Path
) -> None:
    child, record = supervised
    pids = [part["pid"] for part in record.parts.values()]
    assert all(is_alive(pid) for pid in pids)
    child.send_signal(signal.SIGKILL)
    child.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert running(tmp_path) is None


def test_stopping_ends_the_supervisor_and_its_parts(
    supervised: tuple["subprocess.Popen[str]", Record], tmp_path: Path
) -> None:
    child, record = supervised
    reaper = threading.Thread(target=child.wait)
    reaper.start()
    assert stop(tmp_path)
    reaper.join()
    assert child.returncode == 0
    assert not any(is_alive(part["pid"]) for part in record.parts.values())


def test_stopping_where_nothing_runs_is_no_fault(tmp_path: Path) -> None:
    assert not stop(tmp_path)


def test_one_home_has_one_supervisor(tmp_path: Path) -> None:
    with held(tmp_path) as first, held(tmp_path) as second:
        assert (first, second) == (True, False)
    assert not is_held(tmp_path)


def test_a_log_that_has_grown_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        turn_over(log, most_bytes=100)
        writer.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert log.with_name("part.log.1").read_bytes() == b"old\n" * 100
