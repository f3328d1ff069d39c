"""When drawn photos were uploaded: evenly in small universes, as people do it in large ones."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from menagerie.sandbox.hashing import Words, mix, units, word
from menagerie.sandbox.records import Integers
from menagerie.sandbox.traits import FIRST_UPLOAD, LAST_UPLOAD

_HOUR = 3_600
_DAY = 86_400
_HALF_HOUR = 1_800

# How much was uploaded on Flickr, 2005 to 2025: it grew until 2013 and shrank from 2018.
_YEARS = (
    2, 6, 12, 18, 22, 26, 30, 36, 44, 42, 38, 34, 28, 18, 12, 11, 10, 9, 8, 8, 7,
)  # fmt: skip
# January to December, and Monday to Sunday.
_MONTHS = (0.7, 0.75, 0.9, 1.1, 1.3, 1.2, 1.3, 1.4, 1.1, 0.95, 0.75, 0.8)
_WEEKDAYS = (0.9, 0.8, 0.8, 0.85, 0.9, 1.3, 1.6)


class Crowd(NamedTuple):
    """A time in which a share of all photos of each keyword was uploaded."""

    start: int
    seconds: int
    share: float


CROWDS = (
    Crowd(1_340_409_600, _DAY, 0.010),  # 2012-06-23, a festival
    Crowd(1_368_878_400, _HALF_HOUR, 0.010),  # 2013-05-18, noon: each licence fits a search
    Crowd(1_413_633_600, _HALF_HOUR, 0.035),  # 2014-10-18, noon: one licence alone is too much
    Crowd(1_464_739_200, 2 * _HOUR, 0.008),  # 2016-06-01, an archive
)
"""At a million photos a keyword the two half hours hold 10,000 and 35,000 of them."""


def even_dates(fractions: npt.NDArray[np.float64]) -> Integers:
    """Return the moment at each fraction of all uploads when every day has equally many."""
    return FIRST_UPLOAD + (fractions * (LAST_UPLOAD - FIRST_UPLOAD)).astype(np.int64)


def crowded_dates(fractions: npt.NDArray[np.float64]) -> Integers:
    """Return the moment at each fraction of all uploads, in busy and in quiet times."""
    moments, uploaded_before = _curve()
    return np.interp(fractions, uploaded_before, moments).astype(np.int64)


@cache
def _curve() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the ends of times of equal busyness, and what share was uploaded before each."""
    hours = np.arange(FIRST_UPLOAD, LAST_UPLOAD + 1, _HOUR, dtype=np.int64)
    edges = [edge for crowd in CROWDS for edge in (crowd.start, crowd.start + crowd.seconds)]
    moments = np.unique(np.concatenate([hours, np.array(edges, np.int64)]))
    starts, seconds = moments[:-1], np.diff(moments)
    weights = _busyness(starts) * seconds
    weights *= (1 - sum(crowd.share for crowd in CROWDS)) / weights.sum()
    for crowd in CROWDS:
        within = (starts >= crowd.start) & (starts < crowd.start + crowd.seconds)
        weights[within] += crowd.share * seconds[within] / crowd.seconds
    return moments.astype(np.float64), np.concatenate([[0.0], np.cumsum(weights)])


def _busyness(moments: Integers) -> npt.NDArray[np.float64]:
    """Return how busy an hour is: by year, season, weekday, daylight, and chance."""
    days = moments // _DAY
    dates = moments.astype("datetime64[s]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970 - 2005
    months = dates.astype("datetime64[M]").astype(np.int64) % 12
    busy = np.array(_YEARS, np.float64)[years] * np.array(_MONTHS)[months]
    busy *= np.array(_WEEKDAYS)[(days + 3) % 7]  # the first of January 1970 was a Thursday
    busy *= 1 + 0.8 * np.sin((moments % _DAY / _DAY - 0.4) * 2 * np.pi)
    # Some days see ten times as much as others: an outing, a competition, a full card.
    busy *= 0.3 + 6 * _chance(days, "day") ** 6
    quiet_or_busy: npt.NDArray[np.float64] = busy * (0.2 + _chance(moments // _HOUR, "hour"))
    return quiet_or_busy


def _chance(numbers: Integers, salt: str) -> npt.NDArray[np.float64]:
    words: Words = mix(numbers.astype(np.uint64) ^ np.uint64(word("busyness", salt)))
    return units(words)
