"""A part under watch: started, found ready, started again when it ends, and ended."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from menagerie.lifeline import end_child, start_child
from menagerie.supervising.logs import last_words
from menagerie.supervising.parts import Part

START_SECONDS = 300.0
"""How long a part may take to be ready; the slowest needs 10 seconds
on a quiet machine."""

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A part that ran for so long has recovered: its next pause is the first one again."""

MOST_FALSE_STARTS = 3
_WRONG_CALL = 2  # exit status of a command that would fail again in the same way


class Phase(StrEnum):
    """Where a part stands."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    PAUSING = "pausing"
    DONE = "done"
    FAILED = "failed"


class Watched:
    """A part, and the process that does its work now, if there is one."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part = part
        self.log = log
        self.phase = Phase.WAITING
        self.restarts = 0
        self._was_ready = False
        self._false_starts = 0
        self._pause = FIRST_PAUSE_SECONDS
        self._until = 0.0  # of monotonic time: the end of a pause, or of waiting for readiness
        self._started = 0.0
        self._started_at = datetime.now(UTC)
        self._child: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The number of its process, while there is one."""
        return self._child.pid if self._child is not None else None

    @property
    def is_settled(self) -> bool:
        """Whether what comes after it can start."""
        return self.phase in {Phase.READY, Phase.DONE, Phase.FAILED}

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing works without it, and it cannot be started."""
        return self.phase is Phase.FAILED and not self.part.is_step

    def start(self) -> None:
        """Start its process; what that writes goes to the log."""
        with self.log.open("ab") as log:
            self._child = start_child(
                self.part.module,
                self.part.arguments,
                log,
                output=log,
                environment=self.part.environment,
            )
        self._started, self._started_at = time.monotonic(), datetime.now(UTC)
        self._until = self._started + START_SECONDS
        self.phase = Phase.STARTING

    def turn(self) -> Iterator[str]:
        """See what has become of it and do what follows; yields what is to be said."""
        if self.phase is Phase.PAUSING and time.monotonic() >= self._until:
            self.restarts += 1
            self.start()
        if self._child is None:
            return
        status = self._child.poll()
        if status is not None:
            end_child(self._child)  # It has ended; this closes the pipe to it.
            self._child = None
            yield from self._ended(status)
        elif self.phase is Phase.STARTING and not self.part.is_step:
            yield from self._look_whether_ready()

    def end(self) -> None:
        """End its process, if there is one."""
        if self._child is not None:
            end_child(self._child, self.part.seconds_to_end)
            self._child = None
        self.phase = Phase.WAITING

    def _look_whether_ready(self) -> Iterator[str]:
        if self.part.is_ready(self._started_at):
            again = " again" if self._was_ready else ""
            self.phase, self._was_ready = Phase.READY, True
            where = f": {self.part.address}" if self.part.address else ""
            yield f"{self.part.title} ready{again}{where}"
        elif time.monotonic() > self._until:
            self.end()
            yield from self._fail(f"was not ready after {START_SECONDS:.0f} s")

    def _ended(self, status: int) -> Iterator[str]:
        if self.part.is_step and status == 0:
            self.phase = Phase.DONE
            yield f"{self.part.title}: done"
            return
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        yield from self._fail(how, mendable=not (self.part.is_step and status == _WRONG_CALL))

    def _fail(self, how: str, *, mendable: bool = True) -> Iterator[str]:
        self._false_starts += not self._was_ready
        if not mendable or self._false_starts >= MOST_FALSE_STARTS:
            self.phase = Phase.FAILED
            yield f"{self.part.title} {how}{last_words(self.log)} (log: {self.log})."
            return
        if time.monotonic() - self._started >= STEADY_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        yield (
            f"{self.part.title} {how}; starting it again in {self._pause:.0f} s (log: {self.log})."
        )
        self.phase, self._until = Phase.PAUSING, time.monotonic() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
