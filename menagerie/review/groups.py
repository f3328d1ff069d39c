"""Groups of near-duplicates, as many at a time as fit a page."""

from dataclasses import dataclass

import numpy as np

from menagerie.curation.reasons import Reason
from menagerie.review.choosing import Which
from menagerie.review.listing import REASONS, Listing
from menagerie.terms import SHEET_PHOTOS


@dataclass(frozen=True, slots=True)
class Group:
    """Photos by their keys, the one that is kept first; `size` counts those left out as well."""

    key: int
    keys: list[int]
    size: int


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Groups of `total`; `start` come before; `next` is where the next page starts, if any."""

    groups: list[Group]
    total: int
    start: int
    next: int | None


def groups_of(listing: Listing, which: Which, start: int = 0) -> GroupPage:
    """Return groups from the one at `start` on, the largest first.

    A group is open while nobody decided on any of its photos.
    """
    columns = listing.columns
    inside = np.flatnonzero(columns.groups != 0)
    inside = inside[np.lexsort((columns.keys[inside], columns.groups[inside]))]
    keys, first, sizes = np.unique(columns.groups[inside], return_index=True, return_counts=True)
    touched = np.add.reduceat(listing.decided[inside], first) > 0 if len(first) else first > 0
    wanted = sizes > 1
    if which != "all":
        wanted &= touched == (which == "decided")
    places = np.flatnonzero(wanted)
    places = places[np.lexsort((keys[places], -sizes[places]))]
    found: list[Group] = []
    room, end = SHEET_PHOTOS, start
    for place in places[start:].tolist():
        size = int(sizes[place])
        if found and size > room:
            break
        members = inside[first[place] : first[place] + size]
        kept = columns.reasons[members] == REASONS.index(Reason.ACCEPTED)
        ordered = members[np.lexsort((columns.keys[members], ~kept))]
        shown = columns.keys[ordered][:SHEET_PHOTOS].tolist()
        found.append(Group(int(keys[place]), shown, size))
        room, end = room - len(shown), end + 1
    return GroupPage(found, len(places), start, end if end < len(places) else None)
