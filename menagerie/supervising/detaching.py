"""A supervisor apart from the terminal: started so, waited for, and stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from menagerie.errors import WorkError
from menagerie.folders import make_folder
from menagerie.supervising.logs import last_words, log_of, turn_over
from menagerie.supervising.record import Record, is_held, last_record, running

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_TO_STOP = 60.0
"""A worker takes up to 25 seconds to end, each other part 5."""


def detach(home: Path, arguments: Sequence[str]) -> Record:
    """Run `menagerie up` in a process of its own and return what runs once all is ready.

    Raises:
        WorkError: it ended before that.
    """
    make_folder(home / "logs")
    log = log_of(home, "up")
    turn_over(log)
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "menagerie", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while (status := child.poll()) is None:
            record = running(home)
            if record is not None and record.ready:
                return record
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    except BaseException:
        child.terminate()
        raise
    raise WorkError(f"It ended with status {status}{last_words(log)} (log: {log}).")


def stop(home: Path) -> bool:
    """Stop what runs in a home and wait for it; tell whether there was anything.

    Raises:
        WorkError: it runs on another machine, or does not end.
    """
    if not is_held(home):
        return False
    record = last_record(home)
    if record is None or not record.is_here:
        where = f"on {record.host}" if record else "and has not said where yet"
        raise WorkError(f"It runs {where}, out of reach. Run `menagerie down` there, or later.")
    os.kill(record.pid, signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS_TO_STOP
    while is_held(home):
        if time.monotonic() > deadline:
            raise WorkError(
                f"Process {record.pid} did not end within {_SECONDS_TO_STOP:.0f} s. End it with"
                f" `kill -9 {record.pid}`; what it started ends with it."
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return True
