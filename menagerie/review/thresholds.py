"""What another threshold would do: how many photos it lets in or out, and which are near it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.overview import BINS, Axis
from menagerie.curation.reasons import Reason
from menagerie.errors import CallError
from menagerie.recipe import Curation
from menagerie.review.listing import REASONS, SOUND, Listing, Mask, axes
from menagerie.terms import SHEET_PHOTOS


@dataclass(frozen=True, slots=True)
class Threshold:
    """A key of the recipe that puts a limit on a figure; `value` is what it says now.

    `is_least` tells whether photos below it are rejected, for `reason`, or those above.
    """

    key: str
    figure: str
    axis: Axis
    value: float
    reason: Reason
    is_whole: bool

    @property
    def is_least(self) -> bool:
        """Whether it is a lower limit."""
        return self.key.startswith("min_")

    def rejects(self, values: NDArray[np.float32], limit: float) -> Mask:
        """Tell which figures a limit would reject; none of those that are not known."""
        found: Mask = values < limit if self.is_least else values > limit
        return found


def thresholds_of(curation: Curation) -> dict[str, Threshold]:
    """Return the thresholds of a recipe by their keys."""
    return {
        key: Threshold(key, figure, axis, value, reason, is_whole=isinstance(value, int))
        for figure, axis in axes(curation).items()
        for key, value, reason in axis.thresholds
    }


@dataclass(frozen=True, slots=True)
class Effect:
    """What a threshold at `value` would do.

    `bins` counts decoded photos along the figure's axis. `out` stand in the next release now and
    would not; `back` are rejected by this threshold now and would pass it, whatever other rules
    say of them then. `near` are keys of photos nearest to it, on both sides.
    """

    value: float
    bins: list[int]
    known: int
    out: int
    back: int
    near: list[int]


def effect_of(listing: Listing, threshold: Threshold, value: float) -> Effect:
    """Tell what a threshold would do at a value. What people decided on stays as it is."""
    columns, axis = listing.columns, threshold.axis
    values = columns.figures[threshold.figure]
    known = ~np.isnan(values)
    places = np.clip((values[known] - axis.low) / (axis.high - axis.low) * BINS, 0, BINS - 1)
    sound = np.isin(columns.reasons, [REASONS.index(reason) for reason in SOUND])
    rejected = columns.reasons == REASONS.index(threshold.reason)
    would = threshold.rejects(values, value)
    distances = np.where(known, np.abs(values - value), np.inf)
    nearest = np.argsort(distances, kind="stable")[:SHEET_PHOTOS]
    nearest = nearest[known[nearest]]
    nearest = nearest[np.argsort(values[nearest], kind="stable")]
    return Effect(
        value=value,
        bins=np.bincount(places.astype(np.int64), minlength=BINS).tolist(),
        known=int(known.sum()),
        out=int((sound & would & ~listing.decided).sum()),
        back=int((rejected & known & ~would & ~listing.decided).sum()),
        near=columns.keys[nearest].tolist(),
    )


def read_value(threshold: Threshold, text: str) -> float:
    """Read a value for a threshold; nothing means the one that the recipe has.

    Raises:
        CallError: it is no number.
    """
    if not text:
        return threshold.value
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value) or abs(value) > 1e9:
        raise CallError(f"{threshold.key} is a number (received {text!r:.80}).")
    return round(value) if threshold.is_whole else round(value, 6)
