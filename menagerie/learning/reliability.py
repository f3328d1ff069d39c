"""How often a model is right when it says how sure it is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15


class Reliability:
    """Counts how sure answers were against how often they were right, batch by batch."""

    def __init__(self) -> None:
        self._answers = np.zeros(BINS, np.int64)
        self._right = np.zeros(BINS, np.int64)
        self._sure = np.zeros(BINS, np.float64)

    def add(self, sure: NDArray[np.float32], right: NDArray[np.bool_]) -> None:
        """Count a batch: the probability of each answer, (n,), and whether it is right, (n,)."""
        # Bins are open below and closed above, as in Guo et al.
        bins = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
        np.add.at(self._answers, bins, 1)
        np.add.at(self._right, bins, right)
        np.add.at(self._sure, bins, sure)

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of sure from right.

        Over 15 bins of one width, weighted by their answers: C. Guo et al., "On calibration of
        modern neural networks", ICML 2017, equation 3.
        """
        return float(np.abs(self._right - self._sure).sum() / max(1, self._answers.sum()))

    def bins(self) -> list[tuple[float, float, int]]:
        """Return, for each bin that holds answers: how sure, share that is right, how many."""
        filled = np.flatnonzero(self._answers)
        n, right, sure = (part[filled] for part in (self._answers, self._right, self._sure))
        return [
            (float(s), float(r), int(count))
            for s, r, count in zip(sure / n, right / n, n, strict=True)
        ]


class Best:
    """Counts how often the true class is among the first few answers, batch by batch."""

    PLACES = (2, 3, 5)

    def __init__(self, classes: int) -> None:
        self._hits = {k: 0 for k in self.PLACES if k < classes}
        self._samples = 0

    def add(self, true: NDArray[np.int64], probabilities: NDArray[np.float32]) -> None:
        """Count a batch: true class numbers (n,) and probabilities (n, classes)."""
        of_true = probabilities[np.arange(len(true)), true]
        # Of equal probabilities the lower number comes first, as with argmax.
        lower = np.arange(probabilities.shape[1]) < true[:, None]
        ahead = (probabilities > of_true[:, None]) | ((probabilities == of_true[:, None]) & lower)
        places = ahead.sum(axis=1)
        self._samples += len(true)
        for k in self._hits:
            self._hits[k] += int((places < k).sum())

    def shares(self) -> dict[str, float]:
        """Return the share of samples whose true class is among the first k, by k."""
        return {str(k): hits / max(1, self._samples) for k, hits in self._hits.items()}


class Rejection:
    """Counts what a threshold turns away, batch by batch."""

    def __init__(self) -> None:
        self._samples = self._answered = self._right = 0

    def add(
        self,
        sure: NDArray[np.float32],
        right: NDArray[np.bool_],
        threshold: float | NDArray[Any],
    ) -> None:
        """Count a batch: how sure, (n,), whether right, (n,), and the threshold that applies."""
        answered = sure >= threshold
        self._samples += len(sure)
        self._answered += int(answered.sum())
        self._right += int((answered & right).sum())

    @property
    def answered(self) -> float:
        """Share of samples that are not turned away."""
        return self._answered / max(1, self._samples)

    @property
    def accuracy(self) -> float:
        """Share of the answers that are right; 0 if there are none."""
        return self._right / max(1, self._answered)
