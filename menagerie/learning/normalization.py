"""Scaling samples as `ImageDataGenerator` of Keras 2 did: layers of the published model."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from menagerie.errors import RecipeError
from menagerie.learning.samples import Samples
from menagerie.recipe import Normalization

_BATCH = 256
_MAX_ZCA_PX = 32
# What Keras 2 added to standard deviations.
_EPSILON = 1e-6

Vector = NDArray[np.float64]


def normalized(x: Any, asked: Normalization, samples: Samples, rows: NDArray[np.int64]) -> Any:
    """Scale images (batch, size, size, 3) of 0 to 255, in the order that Keras 2 had.

    Statistics are taken from some `rows` of the training split, batch by batch; they become
    constants of the layers.

    Raises:
        RecipeError: the images are too large for ZCA.
    """
    inputs = x
    x = layers.Rescaling(asked.rescale or 1 / 255)(x)
    if asked.sample_center:
        x = x - ops.mean(x, axis=(1, 2, 3), keepdims=True)
    if asked.sample_scale:
        x = x / (ops.std(x, axis=(1, 2, 3), keepdims=True) + _EPSILON)
    if asked.feature_center or asked.feature_scale or asked.zca_whitening:
        mean, variance = _moments(_values(inputs, x, samples, rows))
        if not (asked.feature_center or asked.zca_whitening):
            mean = np.zeros(3)
        if not asked.feature_scale:
            variance = np.ones(3)
        x = layers.Normalization(mean=mean.tolist(), variance=variance.tolist())(x)
    if asked.zca_whitening:
        x = _whitened(x, lambda: _values(inputs, x, samples, rows), asked.zca_epsilon)
    return x


def _values(
    inputs: Any, x: Any, samples: Samples, rows: NDArray[np.int64]
) -> Iterator[NDArray[np.float64]]:
    """Yield what images have become at a place in the model: float64 (n, size, size, 3)."""
    model = keras.Model(inputs, x)
    for start in range(0, len(rows), _BATCH):
        tiles = samples.tiles(rows[start : start + _BATCH])
        yield np.asarray(model.predict_on_batch(tiles), np.float64)


def _moments(batches: Iterable[NDArray[np.float64]]) -> tuple[Vector, Vector]:
    """Return the mean and the variance of each colour: two of float64 (3,)."""
    count, total, squares = 0, np.zeros(3), np.zeros(3)
    for batch in batches:
        pixels = batch.reshape(-1, 3)
        count += len(pixels)
        total += pixels.sum(axis=0)
        squares += np.square(pixels).sum(axis=0)
    mean = total / count
    return mean, np.maximum(squares / count - np.square(mean), _EPSILON**2)


def _whitened(x: Any, batches: Callable[[], Iterable[Vector]], epsilon: float) -> Any:
    """Whiten images by ZCA: a product with one matrix, (numbers, numbers)."""
    height, width, channels = shape = x.shape[1:]
    if height > _MAX_ZCA_PX:
        raise RecipeError(
            f"training.normalization.zca_whitening needs images of {_MAX_ZCA_PX} px at most"
            f" (received release.image_size_px = {height}): its matrix has a row and a column"
            " for each number of an image. Ask for smaller images, or switch it off."
        )
    numbers = height * width * channels
    product, count = np.zeros((numbers, numbers)), 0
    for batch in batches():
        flat = batch.reshape(len(batch), numbers)
        product += flat.T @ flat
        count += len(batch)
    variances, directions = np.linalg.eigh(product / count)
    scales = 1 / np.sqrt(np.maximum(variances, 0) + epsilon)
    whitening = (directions * scales) @ directions.T
    dense = layers.Dense(numbers, use_bias=False, trainable=False, name="zca")
    x = layers.Reshape(shape)(dense(layers.Flatten()(x)))
    dense.set_weights([whitening.astype(np.float32)])
    return x
