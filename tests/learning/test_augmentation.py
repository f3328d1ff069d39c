"""Each variation does what its key says, within its bounds, and only while training."""

from typing import Any

import keras
import numpy as np
import pytest

from menagerie.errors import RecipeError
from menagerie.learning.augmentation import SteppedRotation, augmented, resolved
from menagerie.recipe import COURSE, Augmentation

SIZE_PX = 20


def varied(images: Any, **keys: Any) -> Any:
    """What training sees of images under these keys."""
    keras.utils.set_random_seed(3)
    inputs = keras.layers.Input(images.shape[1:])
    model = keras.Model(inputs, augmented(inputs, Augmentation(preset="own", **keys)))
    assert np.allclose(model(images, training=False), images)
    return np.asarray(model(images, training=True))


def noise(count: int = 40) -> Any:
    return np.random.default_rng(5).integers(0, 256, (count, SIZE_PX, SIZE_PX, 3)).astype("float32")


def marked(count: int = 60) -> Any:
    """Black images with one white column on the left and one grey row at the top."""
    images = np.zeros((count, SIZE_PX, SIZE_PX, 3), "float32")
    images[:, :, 5], images[:, 5] = 255.0, 128.0
    return images


def test_nothing_is_varied_unless_it_is_asked_for() -> None:
    assert np.array_equal(varied(noise()), noise())


@pytest.mark.parametrize(("key", "axis"), [("horizontal_flip", 2), ("vertical_flip", 1)])
def test_a_flip_turns_some_images_round_and_leaves_the_others(key: str, axis: int) -> None:
    images, flipped = noise(), np.flip(noise(), axis)
    found = varied(images, **{key: True})
    turned = [np.array_equal(a, b) for a, b in zip(found, flipped, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(found, images, strict=True)]
    assert 10 < sum(turned) < 30
    assert sum(turned) + sum(same) == 40


@pytest.mark.parametrize(("key", "axis"), [("width_shift", 2), ("height_shift", 1)])
def test_a_shift_keeps_to_its_share_and_its_direction(key: str, axis: int) -> None:
    places = varied(marked(), **{key: 0.2})[..., 0].argmax(axis=axis)
    moved = np.unique(places[:, SIZE_PX - 1])
    assert moved.min() >= 5 - 4
    assert moved.max() <= 5 + 4
    assert len(moved) > 3


def test_what_comes_into_view_is_filled_as_asked() -> None:
    white = np.full((40, SIZE_PX, SIZE_PX, 3), 255.0, "float32")
    constant = varied(white, zoom_out=0.5, fill="constant", fill_value=7.0)
    assert constant[:, 0, 0].min() == pytest.approx(7.0)
    assert varied(white, zoom_out=0.5, fill="nearest").min() == pytest.approx(255.0)


def test_zooming_in_enlarges_and_zooming_out_reduces() -> None:
    square = np.zeros((40, SIZE_PX, SIZE_PX, 3), "float32")
    square[:, 7:13, 7:13] = 255.0
    area = square[0].sum()
    larger = varied(square, zoom_in=0.4).sum(axis=(1, 2, 3))
    smaller = varied(square, zoom_out=0.4, fill="constant").sum(axis=(1, 2, 3))
    assert larger.min() > 0.95 * area
    assert larger.max() > 1.5 * area
    assert smaller.max() < 1.05 * area
    assert smaller.min() < 0.7 * area


def test_a_shear_slants_columns_to_both_sides() -> None:
    columns = np.zeros((60, SIZE_PX, SIZE_PX, 3), "float32")
    columns[:, :, 10] = 255.0
    found = varied(columns, shear_degrees=20.0, fill="constant")[..., 0].argmax(axis=2)
    slants = found[:, 15].astype(int) - found[:, 5]
    assert slants.min() < 0 < slants.max()
    assert np.abs(slants).max() <= 10 * np.tan(np.radians(20)) + 1


def test_brightness_moves_all_colours_alike_and_a_channel_shift_each_by_itself() -> None:
    grey = np.full((40, SIZE_PX, SIZE_PX, 3), 100.0, "float32")
    bright, shifted = varied(grey, brightness=0.2), varied(grey, channel_shift=30.0)
    assert np.ptp(bright, axis=3).max() < 1e-3 < np.ptp(bright.mean(axis=(1, 2, 3)))
    assert np.abs(bright - 100).max() <= 51 + 1e-3
    assert np.ptp(shifted, axis=3).max() > 5
    assert np.abs(shifted - 100).max() <= 30 + 1e-3


def test_the_course_turns_by_steps_of_five_degrees_from_minus_20_to_15() -> None:
    assert resolved(Augmentation(preset="course"), Augmentation()) == COURSE
    layer = SteppedRotation(-20.0, 15.0, 5.0)
    drawn = layer.get_random_transformation(noise(400))
    assert drawn is not None
    angles = np.asarray(drawn["angle"])
    assert np.unique(angles.round(3)).tolist() == [-20, -15, -10, -5, 0, 5, 10, 15]


def test_a_positive_angle_turns_counter_clockwise() -> None:
    images = np.zeros((4, SIZE_PX, SIZE_PX, 3), "float32")
    images[:, 0:6, 15:] = 255.0  # At the top right, which goes to the top left.
    keys = {"min_rotation_degrees": 90.0, "max_rotation_degrees": 90.0}
    found = varied(images, **keys)
    assert found[:, :5, :5].mean() > 200
    assert found[:, :5, 15:].mean() < 50


def test_a_function_of_ones_own_is_asked_last() -> None:
    found = varied(noise(), function="tests.learning.networks.darker")
    assert np.allclose(found, noise() / 2)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", r"fails when it is called with \(40, 20, 20, 3\): ValueError: no idea"),
        ("nothing", r"fails when it is called with \(40, 20, 20, 3\): ValueError"),
        ("halved", r"makes \(40, 10, 20, 3\) of \(40, 20, 20, 3\)\. Return as many images"),
        ("flattened", r"makes \(48000,\) of \(40, 20, 20, 3\)\. Return as many images"),
    ],
)
def test_a_function_that_fails_or_changes_the_shape_is_named(name: str, said: str) -> None:
    with pytest.raises(
        RecipeError, match=f"function names 'tests.learning.networks.{name}'.*{said}"
    ):
        varied(noise(), function=f"tests.learning.networks.{name}")


@pytest.mark.parametrize("name", ["tests.learning.networks.missing", "no.such.module"])
def test_a_function_that_cannot_be_imported_is_named(name: str) -> None:
    with pytest.raises(RecipeError, match=f"training.augmentation.function names '{name}'"):
        varied(noise(), function=name)


def test_angles_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be above max_rotation_degrees"):
        Augmentation(min_rotation_degrees=5.0)
