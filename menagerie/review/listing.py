"""All photos of a dataset as columns of numbers, in the order in which people look at them."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.database import Catalog
from menagerie.catalog.looking import Looked, decided_since, photos_to_look_at
from menagerie.catalog.relevance import decided
from menagerie.catalog.reporting import FIGURES
from menagerie.curation.doubts import thresholds
from menagerie.curation.overview import Axis, axes_of
from menagerie.curation.reasons import Reason
from menagerie.recipe import Curation, Recipe

REASONS = tuple(Reason)
SOUND = (Reason.ACCEPTED, Reason.AWAITING_REVIEW, Reason.IRRELEVANT)
"""Photos that nothing but their relevance can speak against: those to review first."""

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Columns:
    """Each photo's key, label, reason and so on: arrays of one length, in one order.

    `labels` and `reasons` are places in the recipe's labels and in REASONS; `owners` are numbers
    of `owner_names`; `groups` are 0 outside of groups. `scores` are NaN without one; `figures`
    holds, by the names of `axes`, NaN where a photo was not decoded.
    """

    keys: NDArray[np.int64]
    labels: NDArray[np.int16]
    reasons: NDArray[np.int8]
    owners: NDArray[np.int32]
    groups: NDArray[np.int64]
    scores: NDArray[np.float32]
    two_labels: Mask
    figures: dict[str, NDArray[np.float32]]
    owner_names: list[str]
    shas: list[str | None]

    def in_order(self, order: NDArray[np.int64]) -> "Columns":
        """Return the same photos in another order."""
        return Columns(
            keys=self.keys[order],
            labels=self.labels[order],
            reasons=self.reasons[order],
            owners=self.owners[order],
            groups=self.groups[order],
            scores=self.scores[order],
            two_labels=self.two_labels[order],
            figures={name: values[order] for name, values in self.figures.items()},
            owner_names=self.owner_names,
            shas=[],
        )


def read_columns(rows: Sequence[Looked], recipe: Recipe) -> Columns:
    """Put photos into columns, in their order."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * (10 + len(FIGURES))
    keys, labels, counts, reasons, groups, owners, shas, scores, widths, heights, *rest = columns
    label_of = {label: place for place, label in enumerate(recipe.labels)}
    reason_of = {reason.value: place for place, reason in enumerate(REASONS)}
    names = list(dict.fromkeys(owners))
    owner_of = {name: place for place, name in enumerate(names)}
    short, long = _edges(_real(widths), _real(heights))
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = {"short_edge": short, "aspect": long / short}
        figures["size_ratio"] = _size_ratios(np.sqrt(short * long))
    figures |= {name: _real(values) for name, values in zip(FIGURES, rest, strict=True)}
    return Columns(
        keys=np.array(keys, np.int64),
        labels=np.array([label_of[label] for label in labels], np.int16),
        reasons=np.array([reason_of[reason] for reason in reasons], np.int8),
        owners=np.array([owner_of[owner] for owner in owners], np.int32),
        groups=np.array([group or 0 for group in groups], np.int64),
        scores=_real(scores),
        two_labels=np.array(counts, np.int64) > 1,
        figures=figures,
        owner_names=names,
        shas=list(shas),
    )


def _real(values: Sequence[float | None]) -> NDArray[np.float32]:
    # None becomes NaN.
    return np.array(values, np.float64).astype(np.float32)


def _edges(
    widths: NDArray[np.float32], heights: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.minimum(widths, heights), np.maximum(widths, heights)


def _size_ratios(edges: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how many times larger or smaller than the median photos are: see `is_odd_size`.

    The median is that of all decoded photos, those that were judged by hand or are doubles among
    them, and so may differ a little from the one that verdicts went by.
    """
    known = edges[~np.isnan(edges)]
    typical = np.median(known) if len(known) else np.nan
    ratios: NDArray[np.float32] = np.maximum(edges / typical, typical / edges).astype(np.float32)
    return ratios


def axes(curation: Curation) -> dict[str, Axis]:
    """Return the axis of each figure of `Columns`, with the thresholds of a recipe.

    Beside those that a report has, how large photos are among the others of their dataset.
    """
    threshold = ("max_size_ratio", curation.max_size_ratio, Reason.ODD_SIZE)
    size = Axis("times larger or smaller than the median photo", 1, 20, (threshold,))
    return {**axes_of(curation), "size_ratio": size}


@dataclass(slots=True)
class Listing:
    """The photos of a dataset, the most doubtful first; `upto` is the newest decision it knows."""

    recipe: Recipe
    columns: Columns
    decided: Mask
    limits: dict[str, float]
    upto: int = 0
    _places: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, catalog: Catalog) -> None:
        """Take in what was decided since."""
        with self._lock:
            newest, found = decided_since(catalog, self.recipe, self.upto)
            if newest < self.upto:
                self.decided[:] = False
            for key, (labels, choice) in found.items():
                place = self._places.get(key)
                if place is not None:
                    self.decided[place] = choice is not None
                    self.columns.labels[place] = self.recipe.labels.index(labels[0])
            self.upto = newest

    def place_of(self, key: int) -> int | None:
        """Return where a photo stands, None if it does not."""
        return self._places.get(key)


def open_listing(catalog: Catalog, recipe: Recipe) -> Listing:
    """Read the photos of a dataset that have a verdict.

    What stands nearest to the limit that decides on it comes first: of sound photos the score of
    relevance from which on they pass, as `menagerie queue` has it; of those that a figure
    rejects, the recipe's threshold. The others come last, in the order of keys.
    """
    found = read_columns(photos_to_look_at(catalog, recipe), recipe)
    limits = _limits(catalog, recipe, found)
    distances = _distances(found, recipe, limits)
    order = np.lexsort((found.keys, found.scores, distances))
    columns = found.in_order(order)
    listing = Listing(
        recipe,
        columns,
        np.zeros(len(order), np.bool_),
        limits,
        _places={key: place for place, key in enumerate(columns.keys.tolist())},
    )
    listing.hear(catalog)
    return listing


def _limits(catalog: Catalog, recipe: Recipe, found: Columns) -> dict[str, float]:
    labels = recipe.labels
    told = zip(found.shas, found.labels.tolist(), found.scores.tolist(), strict=True)
    # What is not a number is not equal to itself.
    scores = {(sha or "", labels[n]): score for sha, n, score in told if score == score}
    return thresholds(scores, decided(catalog, recipe), recipe.curation.doubtful_share)


def _distances(found: Columns, recipe: Recipe, limits: Mapping[str, float]) -> NDArray[np.float64]:
    """Return how far each photo is from the limit that decides on it; infinite where none does."""
    distances = np.full(len(found.keys), np.inf)
    by_label = np.array([limits.get(label, np.nan) for label in recipe.labels])
    sound = np.isin(found.reasons, [REASONS.index(reason) for reason in SOUND])
    sound &= ~np.isnan(found.scores)
    distances[sound] = np.abs(found.scores[sound] - by_label[found.labels[sound]])
    for name, axis in axes(recipe.curation).items():
        for _, threshold, reason in axis.thresholds:
            here = found.reasons == REASONS.index(reason)
            distances[here] = _apart(found.figures[name][here], threshold, axis)
    return distances


def _apart(values: NDArray[np.float32], threshold: float, axis: Axis) -> NDArray[np.float64]:
    apart: NDArray[np.float64] = np.abs(values.astype(np.float64) - threshold)
    apart /= axis.high - axis.low
    apart[np.isnan(apart)] = np.inf
    return apart
