"""Parts that do next to nothing, and a supervisor of them, as real processes.

python -m tests.supervising.stubs pass|stay|fail|wrong|crash-once FILE|supervise HOME
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from menagerie.lifeline import end_with_parent
from menagerie.supervising.parts import IsReady, Part
from menagerie.supervising.record import held
from menagerie.supervising.supervisor import Supervisor


def stub(
    name: str,
    *arguments: str,
    after: tuple[str, ...] = (),
    is_step: bool = False,
    is_ready: IsReady = lambda _: True,
) -> Part:
    """A part of a stub, ready at once."""
    module = "tests.supervising.stubs"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return Part(name, name, module, arguments, environment, is_ready, after=after, is_step=is_step)


def stay() -> None:
    end_with_parent()
    while True:
        time.sleep(1)


def fail() -> None:
    sys.stderr.write("the roof is leaking\n")
    sys.exit(1)


def wrong() -> None:
    sys.stderr.write("there is no such roof\n")
    sys.exit(2)


def crash_once() -> None:
    marker = Path(sys.argv[2])
    if not marker.exists():
        marker.touch()
        os._exit(9)
    stay()


def supervise() -> None:
    stop, home = threading.Event(), Path(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with held(home):
        parts = [stub("first", "stay"), stub("second", "stay", after=("first",))]
        Supervisor(parts, home, "http://127.0.0.1:9/api", print).run(stop, print)


STUBS: dict[str, Callable[[], None]] = {
    "pass": lambda: None,
    "stay": stay,
    "fail": fail,
    "wrong": wrong,
    "crash-once": crash_once,
    "supervise": supervise,
}

if __name__ == "__main__":
    STUBS[sys.argv[1]]()
