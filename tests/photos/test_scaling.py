"""Shrinking pictures: equal, byte by byte, to plain sums of whole numbers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from menagerie.photos.scaling import Pixels, averaged, luma, resized

edges = st.integers(1, 90)


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(height * 1000 + width).integers(
        0, 256, (height, width, 3), dtype=np.uint8
    )


def mean_of_squares(pixels: Pixels, down: int, across: int) -> Any:
    """Average whole rectangles; OpenCV rounds halves up in squares of four, else to even."""
    height, width, _ = pixels.shape
    sums = pixels.reshape(height // down, down, width // across, across, 3).sum((1, 3), np.int64)
    if down == across == 2:
        return ((sums + 2) // 4).astype(np.uint8)
    return np.rint(sums.astype(np.float32) * np.float32(1 / (down * across))).astype(np.uint8)


def between(values: NDArray[Any], size: int) -> Any:
    """Interpolate along the first axis, in 256ths."""
    places = (np.arange(size) + 0.5) * (len(values) / size) - 0.5
    before = np.floor(places).astype(np.int64)
    after = np.minimum(before + 1, len(values) - 1)
    share = np.rint((places - before) * 256).astype(np.int64)[:, None, None]
    return values[before] * (256 - share) + values[after] * share


@given(edges, edges, st.integers(2, 40))
def test_an_average_is_that_of_whole_numbers(height: int, width: int, factor: int) -> None:
    pixels = noise(height * factor, width * factor)
    assert np.array_equal(averaged(pixels, factor), mean_of_squares(pixels, factor, factor))


@given(edges, edges, st.data())
def test_interpolation_is_that_of_whole_numbers(
    height: int, width: int, data: st.DataObject
) -> None:
    # Less than halved, so that nothing is averaged away behind it.
    to = [data.draw(st.integers(edge // 2 + 1, edge)) for edge in (height, width)]
    pixels = noise(height, width)
    across = between(pixels.astype(np.int64).transpose(1, 0, 2), to[1]).transpose(1, 0, 2)
    expected = (between(across, to[0]) + 2**15) >> 16
    assert np.array_equal(resized(pixels, to[1], to[0]), expected)


@given(edges, edges)
def test_luma_is_a_sum_of_whole_numbers(height: int, width: int) -> None:
    pixels = noise(height, width)
    weighed = pixels.astype(np.int64) @ np.array([9798, 19235, 3735])
    assert np.array_equal(luma(pixels), (weighed + 2**14) >> 15)


@given(st.integers(1, 700), st.integers(1, 700), edges, edges)
def test_every_size_becomes_any_other(height: int, width: int, down: int, across: int) -> None:
    flat = np.full((height, width, 3), 200, dtype=np.uint8)
    scaled = resized(flat, across, down)
    assert scaled.shape == (down, across, 3)
    assert set(scaled.ravel().tolist()) == {200}


@pytest.mark.parametrize("edge", [33, 64, 75, 100, 128, 130, 170])
def test_every_pixel_has_its_part(edge: int) -> None:
    """A light pixel anywhere makes the small picture lighter: none falls between the samples."""
    for place in range(0, 256, 5):
        dark = np.zeros((256, 256), dtype=np.uint8)
        dark[place, 100:156] = 255
        assert resized(dark, edge, edge).any(), place


def test_a_view_is_scaled_as_its_copy_is() -> None:
    whole = noise(90, 120)
    view = whole[5:85, 7:107]
    assert np.array_equal(resized(view, 33, 21), resized(view.copy(), 33, 21))
