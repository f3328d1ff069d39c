"""Shorter features: the same whatever the lots, and nearly the same cosines."""

from collections.abc import Iterator

import numpy as np
import pytest

from menagerie.curation.features import Lot, shortened, unit

FEATURES = np.random.default_rng(2).normal(1, 1, (50, 40)).astype(np.float16)


def lots(size: int) -> Iterator[Lot]:
    order = np.random.default_rng(size).permutation(50)
    for start in range(0, 50, size):
        positions = order[start : start + size]
        yield positions, FEATURES[positions]


@pytest.mark.parametrize("size", [1, 7, 50])
def test_all_axes_keep_every_cosine(size: int) -> None:
    short = shortened(lambda: lots(size), 50, dimensions=40)
    assert np.allclose(short @ short.T, unit(FEATURES) @ unit(FEATURES).T, atol=1e-5)


def test_fewer_axes_keep_the_largest_share() -> None:
    short = shortened(lambda: lots(7), 50, dimensions=5)
    assert short.shape == (50, 5)
    assert np.linalg.norm(short, axis=1) == pytest.approx(np.ones(50), abs=1e-5)


def test_what_is_blank_stays_blank() -> None:
    assert np.array_equal(unit(np.zeros((2, 3))), np.zeros((2, 3), np.float32))
