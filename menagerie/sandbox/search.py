"""Finding photos: the columns of a keyword, filtered and sorted, and at most 4,000 of them."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from menagerie.sandbox.hashing import mix, units, word
from menagerie.sandbox.query import Page, Query, Window
from menagerie.sandbox.records import EMPTY, Integers, Listing, union
from menagerie.sandbox.world import World

CAP = 4_000
"""So many results of a query exist; what lies beyond repeats them."""

_NARROW_SECONDS = 300
_FUZZ_SECONDS = 90
_EXACT_BELOW = 50
_WOBBLE = 0.004
_REMEMBERED_QUERIES = 256


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the first results, best first, and how many match in truth."""

    ids: Integers
    total: int


class Search:
    """Answers queries against a world; repeated queries are looked up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: OrderedDict[tuple[Query, int], Found] = OrderedDict()
        self._lock = Lock()

    def find(self, query: Query) -> Found:
        """Return what a query finds."""
        signature = (query, self._world.version)
        with self._lock:
            found = self._found.get(signature)
        if found is None:
            matches = select(self._matches(query), query)
            found = Found(_first(matches, query.sort), len(matches))
        with self._lock:
            self._found[signature] = found
            self._found.move_to_end(signature)
            while len(self._found) > _REMEMBERED_QUERIES:
                self._found.popitem(last=False)
        return found

    def _matches(self, query: Query) -> Listing:
        """Return the photos with the words of a query: a word is a keyword, or finds nothing."""
        groups: list[tuple[str, ...]] = [(query.text,)] if query.text else []
        if query.every_tag:
            groups += [(tag,) for tag in query.tags]
        elif query.tags:
            groups.append(query.tags)
        found = [self._with_any(words) for words in groups] or [
            self._with_any(self._world.keywords)
        ]
        listing = found[0]
        for other in found[1:]:
            listing = listing.at(np.isin(listing.ids, other.ids))
        if query.without_tags:
            listing = listing.at(~np.isin(listing.ids, self._with_any(query.without_tags).ids))
        return listing

    def _with_any(self, words: tuple[str, ...]) -> Listing:
        known = [word for word in dict.fromkeys(words) if word in self._world.keywords]
        if not known:
            return EMPTY
        if len(known) == 1:
            return self._world.listing(known[0])
        return union([self._world.listing(word) for word in known])


def select(listing: Listing, query: Query) -> Listing:
    """Return the photos of a listing that a query's dates, licences and media leave."""
    if not query.photographs:
        return EMPTY
    first, last = _bounds(listing.uploaded, fuzzed(query.uploaded))
    listing = listing.at(slice(first, last))
    keep = np.ones(len(listing), np.bool_)
    if query.licenses is not None:
        keep &= np.isin(listing.license, list(query.licenses))
    earliest, latest = query.taken
    if earliest is not None:
        keep &= listing.taken >= earliest
    if latest is not None:
        keep &= listing.taken <= latest
    if query.media in ("photos", "videos"):
        keep &= listing.video == (query.media == "videos")
    return listing if keep.all() else listing.at(keep)


def fuzzed(window: Window) -> Window:
    """Return the window that Flickr really searches: one of minutes leaks at its edges."""
    earliest, latest = window
    if earliest is None or latest is None or latest - earliest > _NARROW_SECONDS:
        return window
    return (
        earliest - word("fuzz", earliest) % _FUZZ_SECONDS,
        latest + word("fuzz", latest) % _FUZZ_SECONDS,
    )


def page_ids(found: Found, page: Page) -> Integers:
    """Return the ids on a page; a page beyond the results repeats earlier photos."""
    existing, start = len(found.ids), (page.number - 1) * page.length
    if found.total > existing:
        return found.ids[np.arange(start, start + page.length) % existing]
    if start >= existing:
        start = max(0, existing - 1) // page.length * page.length
    return found.ids[start : start + page.length]


def estimated(total: int, call: int) -> int:
    """Return the total as Flickr would tell it to the n-th call: large ones wobble."""
    if total < _EXACT_BELOW:
        return total
    return round(total * (1 + _WOBBLE * (2 * word("wobble", call) / 2.0**64 - 1)))


def _bounds(uploaded: Integers, window: Window) -> tuple[int, int]:
    earliest, latest = window
    first = 0 if earliest is None else int(np.searchsorted(uploaded, earliest, side="left"))
    last = len(uploaded) if latest is None else int(np.searchsorted(uploaded, latest, side="right"))
    return first, last


def _first(listing: Listing, sort: str) -> Integers:
    """Return the ids of the first results in an order of Flickr's."""
    if sort == "date-posted-asc":
        return listing.ids[:CAP].copy()
    if sort == "date-posted-desc":
        return listing.ids[::-1][:CAP].copy()
    ranks: npt.NDArray[np.float64]
    if sort.startswith("date-taken"):
        ranks = listing.taken.astype(np.float64)
    else:
        ranks = units(mix(listing.ids.astype(np.uint64) ^ np.uint64(word(sort.split("-")[0]))))
    if sort.endswith("-desc"):
        ranks = -ranks
    nearest = np.arange(len(ranks))
    if len(ranks) > CAP:
        # Only what is seen gets sorted: a million photos are partitioned in milliseconds.
        nearest = np.argpartition(ranks, CAP - 1)[:CAP]
    order = np.lexsort((listing.ids[nearest], ranks[nearest]))
    return listing.ids[nearest[order]]
