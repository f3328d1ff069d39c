"""Logistic regression with a normal prior, by Newton's method: the same input, the same answer."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_STEPS = 50
_SMALL = 1e-8


def fit(x: Vector, y: Vector, weights: Vector, precision: Vector, mean: Vector) -> Vector:
    """Return the coefficients, float64 (d,), that are the most probable after the samples.

    `x` (n, d) holds the samples, with a column of ones where there is to be an intercept; `y`
    (n,) is 1 for yes and 0 for no; `weights` (n,) says how much each counts. Before any sample
    each coefficient is normal with its `mean` and `precision` (one over variance), both (d,).
    """
    coefficients = mean.copy()
    value = _cost(coefficients, x, y, weights, precision, mean)
    for _ in range(_STEPS):
        p = probability(x, coefficients)
        gradient = x.T @ (weights * (p - y)) + precision * (coefficients - mean)
        curvature = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        # A full step can overshoot where nearly all samples are certain; a shorter one cannot.
        while (after := _cost(coefficients - step, x, y, weights, precision, mean)) > value:
            step = step / 2
            if float(np.abs(step).max()) < _SMALL:
                return coefficients
        coefficients, value = coefficients - step, after
        if float(np.abs(step).max()) < _SMALL:
            break
    return coefficients


def probability(x: Vector, coefficients: Vector) -> Vector:
    """Return the probability of yes for samples (n, d): float64 (n,)."""
    return _sigmoid(x @ coefficients)


def with_ones(x: NDArray[np.floating]) -> Vector:
    """Add the column of ones that an intercept needs: (n, d) to float64 (n, d + 1)."""
    return np.hstack([x.astype(np.float64), np.ones((len(x), 1))])


def _sigmoid(logit: Vector) -> Vector:
    return np.exp(-np.logaddexp(0.0, -logit))


def _cost(
    coefficients: Vector, x: Vector, y: Vector, weights: Vector, precision: Vector, mean: Vector
) -> float:
    logit = x @ coefficients
    loss = weights @ (np.logaddexp(0.0, logit) - y * logit)
    return float(loss + precision @ (coefficients - mean) ** 2 / 2)
