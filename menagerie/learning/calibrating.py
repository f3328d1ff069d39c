"""Fitting temperature and threshold in the child process, and judging them on other photos.

Both are fitted to the test split, for a model has seen all of train and is too sure there. So
that their figures are honest all the same, they are cross-fitted: the photos are divided into
folds by owner, and each fold is judged with what was fitted to the others. What is published is
fitted to all of them. Accuracy and comparisons do not depend on either.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.answers import Answers
from menagerie.learning.calibration import scaled

FOLDS = 5

_LOWEST, _HIGHEST = 0.1, 10.0
_DECIMALS = 1e6


@dataclass(frozen=True, slots=True)
class Fit:
    """A temperature and a threshold that were fitted to `samples` photos."""

    temperature: float
    threshold: float
    samples: int


def fit(answers: Answers, chosen: NDArray[np.bool_], reject_error: float) -> Fit:
    """Fit temperature and threshold to the `chosen` answers, bool (n,)."""
    if not chosen.any():
        return Fit(1.0, 0.0, 0)
    temperature = _temperature(answers, chosen)
    sure = [
        scaled(block, temperature).max(axis=1)[chosen[rows] & (block.argmax(axis=1) == true)]
        for rows, block, true in answers.blocks()
    ]
    return Fit(temperature, threshold(np.concatenate(sure), reject_error), int(chosen.sum()))


def _temperature(answers: Answers, chosen: NDArray[np.bool_]) -> float:
    """Find the temperature under which the true classes are the likeliest."""
    from scipy.optimize import minimize_scalar

    def surprise(logarithm: float) -> float:
        total = 0.0
        for rows, block, true in answers.blocks():
            kept = chosen[rows]
            given = scaled(block[kept], math.exp(logarithm))
            of_true = given[np.arange(len(given)), true[kept]]
            total -= float(np.log(np.maximum(of_true, 1e-30)).sum(dtype=np.float64))
        # One standard normal: a few photos, all named rightly, would else make it certain.
        return total + logarithm * logarithm / 2

    bounds = (math.log(_LOWEST), math.log(_HIGHEST))
    found = minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return round(math.exp(float(found.x)), 4)


def threshold(sure: NDArray[np.float32], reject_error: float) -> float:
    """Return the highest threshold that turns away so small a share of photos named rightly.

    `sure` (n,) holds how sure the model was of each of those. The k-th smallest, with k the
    whole part of error * (n + 1), keeps the promise for photos to come as well, if they are
    like these (V. Vovk, A. Gammerman and G. Shafer, "Algorithmic learning in a random world",
    Springer 2005, chapter 2). With too few photos for any promise it is 0, which turns nothing
    away.
    """
    k = math.floor(reject_error * (len(sure) + 1) + 1e-9)
    if k < 1:
        return 0.0
    return math.floor(float(np.partition(sure, k - 1)[k - 1]) * _DECIMALS) / _DECIMALS


def folds_by(groups: Sequence[str | None]) -> NDArray[np.int8]:
    """Divide samples into folds, (n,): those of one group (an owner) stand in one fold.

    A sample of no known group is one by itself.
    """
    drawn: dict[str, int] = {}
    found = np.zeros(len(groups), np.int8)
    for row, group in enumerate(groups):
        name = f"group {group}" if group else f"row {row}"
        if name not in drawn:
            digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
            drawn[name] = int.from_bytes(digest, "big") % FOLDS
        found[row] = drawn[name]
    return found


def cross_fit(answers: Answers, folds: NDArray[np.int8], reject_error: float) -> list[Fit]:
    """Fit, for each fold, to all the others."""
    return [fit(answers, folds != fold, reject_error) for fold in range(FOLDS)]
