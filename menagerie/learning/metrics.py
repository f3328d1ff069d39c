"""How good a model is: counts, shares, and how sure we may be of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


def wilson(correct: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the score interval of a share, 95 % for the default `z`.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212. Unlike the textbook
    interval it stays within 0 and 1 and is right for few samples and for shares near 1.

    Raises:
        ValueError: `total` is not positive, or `correct` is not between 0 and `total`.
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(f"cannot take the share of {correct} in {total}")
    share, spread = correct / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Metrics:
    """How a model did on labelled samples.

    `confusion[i][j]` counts samples of class i that were taken for class j; `skipped`
    counts photos that could not be used, `left_out` those that the model was trained on. Of a
    folder, `copies` counts photos with the bytes of another one of their class, which counts
    once, and `cross_label` those that are there under several classes, which do not count;
    `mistakes` are the worst, each with `photo`, `label`, `predicted` and `probability`.
    Precision, recall and F1 are 0 where they would divide by zero, as in scikit-learn.
    `top_k`, `calibration` and `per_license` are as `docs/training.md` defines them.
    """

    model: str
    release: str
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    skipped: int = 0
    left_out: int = 0
    copies: int = 0
    cross_label: int = 0
    top_k: Mapping[str, float] = field(default_factory=dict)
    calibration: Mapping[str, float] = field(default_factory=dict)
    per_license: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mistakes: Sequence[Mapping[str, Any]] = ()

    @property
    def samples(self) -> int:
        """How many samples were judged."""
        return sum(map(sum, self.confusion))

    @property
    def correct(self) -> int:
        """How many samples were taken for what they are."""
        return sum(row[number] for number, row in enumerate(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of samples taken for what they are."""
        return self.correct / max(1, self.samples)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy; without samples, anything may be."""
        return wilson(self.correct, self.samples) if self.samples else (0.0, 1.0)

    @property
    def per_class(self) -> dict[str, dict[str, float]]:
        """Samples, precision, recall and F1 of each class."""
        counts = np.array(self.confusion)
        return {
            label: _scores(int(hit), int(of_class), int(taken))
            for label, hit, of_class, taken in zip(
                self.classes, counts.diagonal(), counts.sum(1), counts.sum(0), strict=True
            )
        }

    def to_json(self) -> dict[str, Any]:
        """Return what `metrics.json` and `evaluate --json` hold."""
        return {
            "model": self.model,
            "release": self.release,
            "samples": self.samples,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "per_class": self.per_class,
            "confusion": [list(row) for row in self.confusion],
            "skipped": self.skipped,
            "left_out": self.left_out,
            "copies": self.copies,
            "cross_label": self.cross_label,
            "top_k": dict(self.top_k),
            "calibration": dict(self.calibration),
            "per_license": {name: dict(row) for name, row in self.per_license.items()},
            "mistakes": [dict(mistake) for mistake in self.mistakes],
        }

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> Self:
        """Read back what `to_json` returned.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        classes, rows = tuple(map(str, entries["per_class"])), entries["confusion"]
        if not classes or [len(row) for row in rows] != [len(classes)] * len(classes):
            raise ValueError("the confusion matrix does not fit the classes")
        return cls(
            model=str(entries["model"]),
            release=str(entries["release"]),
            classes=classes,
            confusion=tuple(tuple(int(count) for count in row) for row in rows),
            skipped=int(entries["skipped"]),
            # Earlier versions knew none of these.
            left_out=int(entries.get("left_out", 0)),
            copies=int(entries.get("copies", 0)),
            cross_label=int(entries.get("cross_label", 0)),
            top_k=dict(entries.get("top_k", {})),
            calibration=dict(entries.get("calibration", {})),
            per_license=dict(entries.get("per_license", {})),
            mistakes=tuple(entries.get("mistakes", ())),
        )


def _scores(hit: int, of_class: int, taken: int) -> dict[str, float]:
    precision = hit / taken if taken else 0.0
    recall = hit / of_class if of_class else 0.0
    f1 = 2 * hit / (of_class + taken) if of_class + taken else 0.0
    return {"samples": of_class, "precision": precision, "recall": recall, "f1": f1}


class Tally:
    """Counts true against predicted classes, batch by batch."""

    def __init__(self, classes: int) -> None:
        self._counts = np.zeros((classes, classes), np.int64)

    def add(self, true: NDArray[np.int64], predicted: NDArray[np.int64]) -> None:
        """Count one batch of class numbers, both (n,)."""
        np.add.at(self._counts, (true, predicted), 1)

    def confusion(self) -> tuple[tuple[int, ...], ...]:
        """Return the counts: rows are true classes, columns predicted ones."""
        return tuple(tuple(int(count) for count in row) for row in self._counts)
