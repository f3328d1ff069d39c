"""Which photos of a listing are on a page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.reasons import Reason
from menagerie.errors import CallError
from menagerie.review.listing import REASONS, SOUND, Listing, Mask
from menagerie.terms import SHEET_PHOTOS

Which = Literal["open", "decided", "all"]
WHICH: tuple[Which, ...] = get_args(Which)
TWO_LABELS = "two_labels"
"""Beside the reasons: photos that were found under two labels, whatever came of it."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """Which photos are to be shown: without a reason those that are sound.

    `which` tells whether those that nobody decided on, those that somebody did, or both.
    """

    reason: str = ""
    label: str = ""
    owner: str = ""
    group: int | None = None
    release: str = ""
    which: Which = "open"

    def to_query(self) -> dict[str, str]:
        """Return the part of an address that says so; nothing that goes without saying."""
        told = {name: value for name, value in asdict(self).items() if value}
        if self.which == "open":
            del told["which"]
        return {name: str(value) for name, value in told.items()}


def read_choosing(asked: Mapping[str, str], labels: tuple[str, ...]) -> Choosing:
    """Read from an address what is to be shown.

    Raises:
        CallError: it asks for what there is not.
    """
    reason, label = asked.get("reason", ""), asked.get("label", "")
    which, group = asked.get("which", "open") or "open", asked.get("group", "")
    if reason and reason not in {*REASONS, TWO_LABELS}:
        raise CallError(f"There is no reason {reason!r:.80}. docs/curation.md lists all of them.")
    if label and label not in labels:
        raise CallError(f"There is no class {label!r:.80}. Name one of {', '.join(labels)}.")
    if which not in WHICH:
        raise CallError(f"which is one of {', '.join(WHICH)} (received {which!r:.80}).")
    return Choosing(
        reason,
        label,
        asked.get("owner", ""),
        read_key(group, "group"),
        asked.get("release", ""),
        which,
    )


def read_key(text: str, what: str) -> int | None:
    """Read the number of a photo or a group from an address; None where there is none.

    Raises:
        CallError: it is none.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise CallError(f"{what} is a number that a page gave (received {text!r:.80}).")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """Photos by their keys, of `total` that were chosen; `start` of them come before.

    `next` and `previous` are cursors of the pages around it, None where there is none.
    """

    keys: list[int]
    total: int
    start: int
    next: int | None
    previous: int | None


def chosen(listing: Listing, asked: Choosing, released: NDArray[np.int64] | None = None) -> Mask:
    """Tell which photos of a listing are asked for; `released` are the keys of those released."""
    columns = listing.columns
    mask = np.ones(len(columns.keys), np.bool_)
    if asked.reason == TWO_LABELS:
        mask &= columns.two_labels
    elif asked.reason:
        mask &= columns.reasons == REASONS.index(Reason(asked.reason))
    elif asked.group is None and not asked.owner and released is None and asked.which == "open":
        mask &= np.isin(columns.reasons, [REASONS.index(reason) for reason in SOUND])
    if asked.label:
        mask &= columns.labels == listing.recipe.labels.index(asked.label)
    if asked.owner:
        names = columns.owner_names
        mask &= columns.owners == (names.index(asked.owner) if asked.owner in names else -1)
    if asked.group is not None:
        mask &= columns.groups == asked.group
    if released is not None:
        mask &= np.isin(columns.keys, released)
    if asked.which != "all":
        mask &= listing.decided == (asked.which == "decided")
    return mask


def page_of(listing: Listing, mask: Mask, after: int | None = None) -> Page:
    """Return the photos that follow a photo, or the first ones.

    `after` is a photo's key; it need not be among those asked for, by now.
    """
    places = np.flatnonzero(mask)
    start = 0
    if after is not None:
        place = listing.place_of(after)
        start = 0 if place is None else int(np.searchsorted(places, place, "right"))
    end = min(start + SHEET_PHOTOS, len(places))
    keys = listing.columns.keys
    before = start - SHEET_PHOTOS - 1
    return Page(
        keys=keys[places[start:end]].tolist(),
        total=len(places),
        start=start,
        next=int(keys[places[end - 1]]) if end < len(places) else None,
        previous=None if start == 0 else int(keys[places[before]]) if before >= 0 else 0,
    )
