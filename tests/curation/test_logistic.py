"""Logistic regression: the prior without samples, the samples with many, always an answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.curation.logistic import Vector, fit, probability, with_ones

FLAT = np.zeros(3)
LOOSE = np.full(3, 0.01)


def samples(count: int, seed: int = 1) -> tuple[Vector, Vector]:
    """Draw samples (count, 3) of which the first number, with noise, tells the answer."""
    noise = np.random.default_rng(seed)
    x = with_ones(noise.normal(size=(count, 2)))
    return x, (2 * x[:, 0] - 1 + noise.logistic(size=count) > 0).astype(float)


def test_without_samples_the_prior_stays() -> None:
    mean = np.array([1.0, -2.0, 0.5])
    none = np.zeros(0)
    assert np.array_equal(fit(np.zeros((0, 3)), none, none, LOOSE, mean), mean)


def test_with_many_samples_the_truth_is_found() -> None:
    x, y = samples(20_000)
    assert fit(x, y, np.ones(len(y)), LOOSE, FLAT) == pytest.approx([2, 0, -1], abs=0.1)


@given(st.integers(0, 1000), st.floats(1e-3, 10.0))
def test_the_answer_is_where_the_slope_is_level(seed: int, precision: float) -> None:
    x, y = samples(30, seed)
    prior = np.full(3, precision)
    found = fit(x, y, np.ones(30), prior, np.ones(3))
    slope = x.T @ (probability(x, found) - y) + prior * (found - 1)
    assert np.abs(slope).max() < 1e-5


def test_samples_that_a_line_divides_have_an_answer() -> None:
    x = with_ones(np.array([[-1000.0, 0.0], [1000.0, 0.0]]))
    found = fit(x, np.array([0.0, 1.0]), np.ones(2), LOOSE, FLAT)
    assert np.isfinite(found).all()
    assert probability(x, found).round() == pytest.approx([0, 1])


def test_a_weight_of_two_is_the_sample_twice() -> None:
    x, y = samples(40)
    twice = fit(np.vstack([x, x]), np.hstack([y, y]), np.ones(80), LOOSE, FLAT)
    assert fit(x, y, np.full(40, 2.0), LOOSE, FLAT) == pytest.approx(twice, abs=1e-6)
