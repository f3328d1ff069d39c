"""Muon's steps turn all directions alike, and what is no matrix is stepped as by AdamW."""

from typing import Any

import keras
import numpy as np
import pytest

from menagerie.learning.muon import Muon, orthogonal


def stepped(optimizer: Any, start: Any, gradients: list[Any]) -> Any:
    variable = keras.Variable(start)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return np.asarray(variable)


@pytest.mark.parametrize("sides", [(20, 50), (50, 20), (32, 32)])
def test_the_singular_values_of_a_step_lie_near_1(sides: tuple[int, int]) -> None:
    matrix = np.random.default_rng(5).normal(size=sides).astype("float32")
    values = np.linalg.svd(np.asarray(orthogonal(matrix, sides)), compute_uv=False)
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_a_step_of_a_kernel_is_as_long_as_one_of_adamw() -> None:
    gradient = np.random.default_rng(5).normal(size=(3, 3, 16, 64)).astype("float32")
    zeros = np.zeros_like(gradient)
    step = stepped(Muon(0.01, weight_decay=None), zeros, [gradient])
    assert np.sqrt(np.square(step).mean()) == pytest.approx(0.2 * 0.01, rel=0.2)
    # It goes down, whatever the scale of the gradient.
    assert (step * gradient).sum() < 0
    again = stepped(Muon(0.01, weight_decay=None), zeros, [gradient * 1000])
    assert np.allclose(step, again, atol=1e-5)


def test_momentum_sums_the_gradients() -> None:
    """Compare two steps with the plain definition: m = 0.95 m + g, ahead = g + 0.95 m."""
    first, second = np.random.default_rng(5).normal(size=(2, 20, 30)).astype("float32")
    found = stepped(Muon(0.01, weight_decay=None), np.zeros_like(first), [first, second])
    ahead = [first * 1.95, second + 0.95 * (0.95 * first + second)]
    steps = [np.asarray(orthogonal(each.astype("float32"), (20, 30))) for each in ahead]
    assert np.allclose(found, -0.01 * 0.2 * 30**0.5 * sum(steps), atol=1e-5)


@pytest.mark.parametrize("shape", [(7,), (3, 3, 3, 8), (100, 3)])
def test_biases_and_small_kernels_are_stepped_as_by_adamw(shape: tuple[int, ...]) -> None:
    gradients = list(np.random.default_rng(5).normal(size=(4, *shape)).astype("float32"))
    start = np.ones(shape, "float32")
    found = stepped(Muon(0.01, weight_decay=0.1), start, gradients)
    expected = stepped(keras.optimizers.AdamW(0.01, 0.1), start, gradients)
    assert np.allclose(found, expected, atol=1e-5)


def test_it_is_written_and_read_again_in_safe_mode() -> None:
    config = keras.saving.serialize_keras_object(Muon(0.02, momentum=0.8))
    again = keras.saving.deserialize_keras_object(config, safe_mode=True)
    assert isinstance(again, Muon)
    assert again.get_config() == Muon(0.02, momentum=0.8).get_config()
