"""What a report of a curation shows, chosen in one pass over the photos."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from menagerie.catalog.reporting import FIGURES, Seen
from menagerie.curation.reasons import Reason
from menagerie.recipe import Curation, Recipe
from menagerie.terms import SHEET_PHOTOS

BINS = 48
"""Bars of a histogram."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The range of a figure's histogram, the recipe's thresholds on it, and what they reject."""

    title: str
    low: float
    high: float
    thresholds: tuple[tuple[str, float, Reason], ...]

    def bin_of(self, value: float) -> int:
        """Return the bin of a value; those beyond the range stand in the outermost bins."""
        share = (value - self.low) / (self.high - self.low)
        return min(BINS - 1, max(0, int(share * BINS)))


def axes_of(curation: Curation) -> dict[str, Axis]:
    """Return the axis of each figure, with the thresholds of a recipe."""
    c = curation
    return {
        "short_edge": Axis(
            "shorter edge, pixels", 0, 1024, (("min_side_px", c.min_side_px, Reason.TOO_SMALL),)
        ),
        "aspect": Axis(
            "longer over shorter edge", 1, 5, (("max_aspect", c.max_aspect, Reason.ODD_ASPECT),)
        ),
        "brightness": Axis(
            "brightness",
            0,
            1,
            (
                ("min_brightness", c.min_brightness, Reason.DARK),
                ("max_brightness", c.max_brightness, Reason.BRIGHT),
            ),
        ),
        "contrast": Axis("contrast", 0, 0.5, (("min_contrast", c.min_contrast, Reason.BLANK),)),
        "entropy": Axis(
            "entropy, bits", 0, 8, (("min_entropy", c.min_entropy, Reason.LOW_INFORMATION),)
        ),
        "sharpness": Axis(
            "sharpness", 0, 2.5, (("min_sharpness", c.min_sharpness, Reason.BLURRED),)
        ),
        "colorfulness": Axis(
            "colourfulness", 0, 0.5, (("min_colorfulness", c.min_colorfulness, Reason.GREYSCALE),)
        ),
        "text_likeness": Axis(
            "likeness to text", 0, 2, (("max_text_likeness", c.max_text_likeness, Reason.TEXT),)
        ),
    }


@dataclass(slots=True)
class Sheet:
    """Up to SHEET_PHOTOS of `count` photos."""

    count: int = 0
    photos: list[Seen] = field(default_factory=list)


@dataclass(slots=True)
class Overview:
    """All that a report shows; `histograms` count photos by figure and bin."""

    reasons: Counter[Reason] = field(default_factory=Counter)
    by_reason: dict[Reason, Sheet] = field(default_factory=dict)
    by_class: dict[str, Sheet] = field(default_factory=dict)
    groups: list[list[Seen]] = field(default_factory=list)
    group_count: int = 0
    doubtful: list[Seen] = field(default_factory=list)
    histograms: dict[str, list[int]] = field(default_factory=dict)


def overview_of(
    photos: Iterable[Seen], recipe: Recipe, doubtful: Sequence[tuple[str, str]] = ()
) -> Overview:
    """Choose what to show of the judged photos.

    `doubtful` names files and labels that are to be shown, in their order. Of each reason that a
    figure gave, those nearest to the threshold are shown: they are the ones to argue about. Of
    other reasons any, as the hashes of their bytes fall; of the classes the first by key.
    """
    axes = axes_of(recipe.curation)
    seen = Overview(histograms={name: [0] * BINS for name in axes})
    nearest: dict[Reason, list[tuple[float, str, int, Seen]]] = defaultdict(list)
    members: dict[int, list[Seen]] = defaultdict(list)
    places: dict[tuple[str, str], Seen | None] = dict.fromkeys(doubtful)
    for photo in photos:
        seen.reasons[photo.reason] += 1
        known = _figures(photo)
        for name, value in known.items():
            seen.histograms[name][axes[name].bin_of(value)] += 1
        if photo.reason is Reason.ACCEPTED:
            _add(seen.by_class.setdefault(photo.label, Sheet()), photo)
        else:
            kept = nearest[photo.reason]
            entry = (-_distance(photo.reason, known, axes), photo.sha256 or "", photo.key, photo)
            (heapq.heappush if len(kept) < SHEET_PHOTOS else heapq.heappushpop)(kept, entry)
        showing = (photo.sha256 or "", photo.label)
        if showing in places:
            places[showing] = photo
        if photo.group_key is not None:
            members[photo.group_key].append(photo)
    for reason, entries in nearest.items():
        shown = [photo for *_, photo in sorted(entries, reverse=True)]
        seen.by_reason[reason] = Sheet(seen.reasons[reason], shown)
    _choose_groups(seen, members)
    seen.doubtful = [photo for photo in places.values() if photo is not None]
    return seen


def _figures(photo: Seen) -> dict[str, float]:
    if photo.figures is None or not photo.width or not photo.height:
        return {}
    short, long = sorted((photo.width, photo.height))
    return {
        "short_edge": short,
        "aspect": long / short,
        **dict(zip(FIGURES, photo.figures, strict=True)),
    }


def _distance(reason: Reason, known: dict[str, float], axes: dict[str, Axis]) -> float:
    """Return how far beyond the threshold of its reason a photo is; 0 for other reasons."""
    return next(
        (
            abs(known[name] - threshold)
            for name, axis in axes.items()
            for _, threshold, rejects in axis.thresholds
            if rejects is reason and name in known
        ),
        0.0,
    )


def _add(sheet: Sheet, photo: Seen) -> None:
    sheet.count += 1
    if len(sheet.photos) < SHEET_PHOTOS:
        sheet.photos.append(photo)


def _choose_groups(seen: Overview, members: dict[int, list[Seen]]) -> None:
    """Show the largest groups of near-duplicates, as many as a page may hold."""
    groups = [group for group in members.values() if len(group) > 1]
    groups.sort(key=lambda group: (-len(group), group[0].key))
    seen.group_count = len(groups)
    shown = 0
    for group in groups:
        if shown + len(group) <= SHEET_PHOTOS:
            # The one that is kept first.
            seen.groups.append(
                sorted(group, key=lambda p: (p.reason is not Reason.ACCEPTED, p.key))
            )
            shown += len(group)
