"""Accuracy of parts of a test split: the photos of one owner, or under one licence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.metrics import wilson

OWNERS = 20
"""So many owners are listed at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """How many photos of one owner, or under one licence, were named rightly."""

    name: str
    samples: int
    correct: int

    @property
    def accuracy(self) -> float:
        """Share of them that was named rightly."""
        return self.correct / self.samples

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return wilson(self.correct, self.samples)


def parts(names: Sequence[str | None], right: NDArray[np.bool_]) -> list[Part]:
    """Count what was named rightly by name, the most photos first; unknown names are left out."""
    counts: dict[str, list[int]] = {}
    for name, is_right in zip(names, right.tolist(), strict=True):
        if name:
            both = counts.setdefault(name, [0, 0])
            both[0] += 1
            both[1] += is_right
    found = [Part(name, samples, correct) for name, (samples, correct) in counts.items()]
    return sorted(found, key=lambda part: (-part.samples, part.name))


def worst_owners(owners: Sequence[Part]) -> list[Part]:
    """Return the owners with the most mistakes, and among equals those with the most photos."""
    by_mistakes = sorted(owners, key=lambda part: (part.correct - part.samples, -part.samples))
    return by_mistakes[:OWNERS]
