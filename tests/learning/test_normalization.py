"""Values are scaled by figures of train alone, and the published model carries them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from menagerie.errors import RecipeError
from menagerie.learning.normalization import normalized
from menagerie.learning.samples import Samples
from menagerie.recipe import Normalization

# Keras asks NumPy in an old way when it writes a file.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def images(count: int = 300, size_px: int = 4) -> Any:
    """Images whose colours differ in mean and spread."""
    noise = np.random.default_rng(5).normal(size=(count, size_px, size_px, 3))
    return np.clip(noise * [10, 20, 30] + [60, 120, 150], 0, 255).astype(np.uint8)


def scaled(folder: Path, seen: Any, rows: Any = None, **keys: Any) -> Any:
    """What becomes of images, by a model that was written and read again."""
    np.save(folder / "x.npy", seen)
    samples = Samples(folder / "x.npy", np.zeros(len(seen), np.int64))
    rows = np.arange(len(seen)) if rows is None else rows
    inputs = keras.layers.Input(seen.shape[1:])
    model = keras.Model(inputs, normalized(inputs, Normalization(**keys), samples, rows))
    model.save(folder / "model.keras")
    again = keras.saving.load_model(folder / "model.keras", safe_mode=True)
    return again.predict(seen, verbose=0)


def test_values_are_multiplied_by_the_factor(tmp_path: Path) -> None:
    seen = images(5)
    assert np.allclose(scaled(tmp_path, seen, rescale=0.5), seen / 2)


def test_each_sample_is_centred_and_scaled_by_itself(tmp_path: Path) -> None:
    seen = images(5)
    both = scaled(tmp_path, seen, sample_center=True, sample_scale=True)
    assert np.allclose(both.mean(axis=(1, 2, 3)), 0, atol=1e-4)
    assert np.allclose(both.std(axis=(1, 2, 3)), 1, atol=1e-4)
    scale_only = scaled(tmp_path, seen, sample_scale=True)
    spread = (seen / 255).std(axis=(1, 2, 3), keepdims=True)
    assert np.allclose(scale_only, seen / 255 / spread, atol=1e-4)


def test_colours_are_centred_and_scaled_over_all_samples(tmp_path: Path) -> None:
    both = scaled(tmp_path, images(), feature_center=True, feature_scale=True)
    assert np.allclose(both.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    assert np.allclose(both.std(axis=(0, 1, 2)), 1, atol=1e-3)
    scale_only = scaled(tmp_path, images(), feature_scale=True)
    assert np.allclose(scale_only, images() / images().std(axis=(0, 1, 2)), rtol=1e-3)


def test_only_the_rows_that_are_trained_on_count(tmp_path: Path) -> None:
    seen = images()
    seen[100:] = 0
    found = scaled(tmp_path, seen, np.arange(100), feature_center=True)
    assert np.allclose(found[:100].mean(axis=(0, 1, 2)), 0, atol=1e-3)


def test_zca_leaves_all_numbers_uncorrelated_with_variance_1(tmp_path: Path) -> None:
    seen = images(600, size_px=3)
    seen[..., 1] = seen[..., 0] // 2 + seen[..., 1] // 2
    flat = scaled(tmp_path, seen, feature_center=True, zca_whitening=True).reshape(600, 27)
    assert np.allclose(flat.T @ flat / 600, np.eye(27), atol=0.02)


def test_zca_of_large_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"images of 32 px at most .*image_size_px = 40"):
        scaled(tmp_path, images(3, size_px=40), zca_whitening=True)
