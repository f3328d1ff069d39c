"""Windows of upload dates: how a search that finds too much is cut into parts that do not.

Flickr shows the first 4,000 results of a query and no more. So a crawl walks from the newest
upload down, window by window, each so long as the photos of the last one were dense; a window
that holds too many is halved until it does not, or until it is too short to be halved again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

MAX_RESULTS = 4000
"""Beyond these Flickr repeats earlier photos or answers with error 20."""

AIM = 3000
"""Photos that a window is made for: the totals that Flickr tells are estimates."""

FLOOR_SECONDS = 1800
"""Shorter windows are not asked for: Flickr fuzzes the ends of those of a few minutes, and
over-slicing multiplies repeats (openverse-catalog, issues 26 and 1041)."""

BEGAN = 1_072_915_200
"""2004-01-01: Flickr opened in February of that year."""

_SPARSE = 4.0
"""An empty window tells nothing of the density below it; the next one is so much longer."""

_RAREST = 1e-6
"""Photos a second, one in eleven days: below it every window is as long as can be."""

FULL = 3900
"""Totals wobble by half a percent: a window with more than these is cut."""


@dataclass(frozen=True, slots=True)
class Window:
    """Upload dates in unix seconds, both inclusive."""

    earliest: int
    latest: int

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.latest - self.earliest + 1

    @property
    def can_be_halved(self) -> bool:
        """Whether its halves are still long enough to be asked for."""
        return self.seconds >= 2 * FLOOR_SECONDS


class Memory(Protocol):
    """Remembers the windows of earlier crawls."""

    def window_below(self, latest: int) -> Window | None:
        """Return the remembered window that holds an upload date, cut off there."""


class Slicer:
    """Walks down the upload dates of a search, from the newest to the oldest.

    Of each window find out how many photos it holds, and either `take` it or `cut` it. Where
    nothing is left to be walked through, there is no window.
    """

    def __init__(self, whole: Window, memory: Memory) -> None:
        self._whole = whole
        self._top = whole.latest
        # Nobody knows of any before the first window is found to hold too many.
        self._left = self._per_second = 0.0
        self._longest: int | None = None
        self._memory = memory

    def windows(self) -> Iterator[Window]:
        """Yield windows, each below what was taken, until everything was."""
        while self._top >= self._whole.earliest:
            yield self._next()

    def _next(self) -> Window:
        if self._longest is None:
            remembered = self._memory.window_below(self._top)
            if remembered is not None:
                return Window(max(remembered.earliest, self._whole.earliest), self._top)
            if self._left <= AIM:
                return Window(self._whole.earliest, self._top)
        seconds = int(AIM / self._per_second)
        if self._longest is not None:
            seconds = min(seconds, self._longest)
        earliest = self._top - max(seconds, FLOOR_SECONDS) + 1
        return Window(max(self._whole.earliest, earliest), self._top)

    def take(self, window: Window, total: int) -> None:
        """Go on below a window that holds `total` photos."""
        self._top = window.earliest - 1
        self._left -= total
        self._per_second = max(total / window.seconds, self._per_second / _SPARSE, _RAREST)
        self._longest = None

    def cut(self, window: Window, total: int) -> None:
        """Halve a window that holds `total` photos, which is too many; or cut it shorter still."""
        self._left = max(self._left, float(total))
        self._per_second = total / window.seconds
        self._longest = window.seconds // 2
