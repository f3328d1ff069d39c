"""Progress of a stage: a Prefect artifact for the UI, and a bar for whoever has a terminal."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture

from menagerie.progress import Advance, unwatched
from tasks.runners import is_elsewhere, telling_of_lost_workers
from tasks.waiting import Waiting

_SECONDS_BETWEEN_UPDATES = 2.0


class Screen(Protocol):
    """A terminal that shows bars."""

    def start(self, title: str, total: int) -> int:
        """Show a bar and return its number."""

    def advance(self, bar: int, steps: int, note: str) -> None:
        """Move a bar on."""

    def finish(self, bar: int) -> None:
        """Mark a bar as done."""


_screens: list[Screen] = []
_bars: dict[str, "_Bar"] = {}


@contextmanager
def shown_on(screen: Screen) -> Iterator[None]:
    """Show the bars of this process on a screen."""
    _screens.append(screen)
    try:
        yield
    finally:
        _screens.remove(screen)


@contextmanager
def bar(title: str, total: int) -> Iterator[None]:
    """Open the bar of a stage; tasks move it on through `advance_of` the same title."""
    opened = _Bar(title, total)
    _bars[title] = opened
    try:
        yield
        opened.finish()
    finally:
        del _bars[title]


def advance_of(title: str) -> Advance:
    """Return what moves a bar on; in a process that has no such bar nothing is shown."""
    return _bars[title].advance if title in _bars else unwatched


def gather(futures: Sequence[PrefectFuture[Any]], title: str, sizes: Sequence[int]) -> None:
    """Wait for tasks, and move a bar on by the size of each that ran in another process."""
    if not is_elsewhere():
        for future in futures:
            future.result()
        return
    advance, waiting = advance_of(title), Waiting(futures, title)
    for future, size in zip(futures, sizes, strict=True):
        waiting.wait_for(future)
        with telling_of_lost_workers(title):
            future.result()
        advance(size, "")


class _Bar:
    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = max(total, 1)
        self._done = 0
        self._began = self._updated = time.monotonic()
        self._lock = threading.Lock()
        self._screens = [(screen, screen.start(title, total)) for screen in _screens]
        key = title.replace(" ", "-").replace("_", "-").lower()
        made = create_progress_artifact(progress=0.0, key=f"progress-{key}", description=title)
        self._artifact: UUID = made  # type: ignore[assignment]

    def advance(self, steps: int, note: str) -> None:
        with self._lock:
            self._done += steps
            for screen, number in self._screens:
                screen.advance(number, steps, note)
            if time.monotonic() - self._updated < _SECONDS_BETWEEN_UPDATES:
                return
            self._updated = time.monotonic()
            done = self._done
            took = self._updated - self._began
        share = min(100.0, 100.0 * done / self._total)
        said = " · ".join(filter(None, (self._title, *pace(done, self._total, took), note)))
        update_progress_artifact(self._artifact, share, description=said)

    def finish(self) -> None:
        for screen, number in self._screens:
            screen.finish(number)
        took = time.monotonic() - self._began
        came_to = f"{self._done:,} in {duration(took)}" if self._done else "nothing was missing"
        said = " · ".join((self._title, came_to))
        update_progress_artifact(self._artifact, 100.0, description=said)


def pace(done: int, total: int, took_seconds: float) -> tuple[str, ...]:
    """Say how far work has come, how fast it goes and how long it will take at this rate."""
    if not done or took_seconds <= 0:
        return ()
    rate = done / took_seconds
    each = f"{rate:,.1f} a second" if rate >= 1 else f"{60 * rate:,.1f} a minute"
    left = max(0, total - done) / rate
    return f"{done:,} of {total:,}", each, f"{duration(left)} left"


def duration(seconds: float) -> str:
    """Say how long in one or two units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
