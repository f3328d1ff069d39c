"""The supervisor: starts the parts in their order, watches them, and ends them together."""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from menagerie.errors import WorkError
from menagerie.folders import make_folder
from menagerie.supervising.logs import log_of, turn_over
from menagerie.supervising.parts import Part
from menagerie.supervising.record import Record, write_record
from menagerie.supervising.watched import Phase, Watched

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_BETWEEN_LOGS = 60.0

Say = Callable[[str], None]


class Supervisor:
    """Runs parts until it is told to stop; whoever calls it holds the home (`record.held`)."""

    def __init__(self, parts: Sequence[Part], home: Path, api: str, say: Say) -> None:
        make_folder(home / "logs")
        self._home = home
        self._api = api
        self._say = say
        self._since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        self._watched = [Watched(part, log_of(home, part.name)) for part in parts]
        self._was_ready = False
        self._logs_at = 0.0

    def run(self, stop: threading.Event, when_ready: Callable[[Record], None]) -> None:
        """Run the parts until `stop` is set; `when_ready` is called once, when all are.

        Raises:
            WorkError: a part that the others need cannot be started.
        """
        try:
            self._note()
            while not stop.is_set():
                self._turn()
                hopeless = [one for one in self._watched if one.is_hopeless]
                if hopeless:
                    raise WorkError(_advice(hopeless[0]))
                if not self._was_ready and all(one.is_settled for one in self._watched):
                    self._was_ready = True
                    self._note()
                    when_ready(self.record)
                stop.wait(_SECONDS_BETWEEN_LOOKS)
        finally:
            self._end_all()

    @property
    def record(self) -> Record:
        """What everyone else may know."""
        return Record(
            pid=os.getpid(),
            host=socket.gethostname(),
            since=self._since,
            api=self._api,
            ready=self._was_ready,
            addresses={
                one.part.title: one.part.address
                for one in self._watched
                if one.part.address is not None
            },
            parts={
                one.part.name: {
                    "phase": one.phase.value,
                    "pid": one.pid,
                    "restarts": one.restarts,
                    "log": str(one.log),
                }
                for one in self._watched
            },
        )

    def _turn(self) -> None:
        before = [(one.phase, one.pid) for one in self._watched]
        self._start_next()
        for one in self._watched:
            for sentence in one.turn():
                self._say(sentence)
        if before != [(one.phase, one.pid) for one in self._watched]:
            self._note()
        if time.monotonic() - self._logs_at > _SECONDS_BETWEEN_LOGS:
            self._logs_at = time.monotonic()
            for one in self._watched:
                turn_over(one.log)

    def _start_next(self) -> None:
        settled = {one.part.name for one in self._watched if one.is_settled}
        for one in self._watched:
            if one.phase is Phase.WAITING and settled.issuperset(one.part.after):
                one.start()

    def _note(self) -> None:
        write_record(self._home, self.record)

    def _end_all(self) -> None:
        """End the parts, the last first, so that a worker can tell what became of its runs."""
        for one in reversed(self._watched):
            one.end()


def _advice(one: Watched) -> str:
    return (
        f"{one.part.title} could not be started, so everything was stopped. Read {one.log},"
        " and run `menagerie doctor`."
    )
