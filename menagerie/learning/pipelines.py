"""Splits as Keras feeds on them: batches that are read from the memory map when they are due."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.backend import import_keras
from menagerie.learning.samples import Samples

_BATCHES_AHEAD = 2

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def open_pipeline(samples: Samples, batch_size: int) -> Any:
    """Return a `tf.data.Dataset` under Keras on TensorFlow, else a `keras.utils.PyDataset`.

    Either gives batches of images uint8 (batch, size, size, 3) and class numbers int64 (batch,)
    in the order of the rows; the last one holds what is left. Either has a length.
    """
    keras = import_keras()
    if keras.backend.backend() == "tensorflow":
        return tf_dataset(samples, batch_size)
    return py_dataset(samples, batch_size)


def _read(samples: Samples, batch_size: int, number: int) -> Batch:
    rows = slice(number * batch_size, (number + 1) * batch_size)
    return samples.tiles(rows), samples.y[rows]


def _batches(samples: Samples, batch_size: int) -> int:
    return -(-len(samples) // batch_size)


def tf_dataset(samples: Samples, batch_size: int) -> Any:
    """Return a `tf.data.Dataset` that reads ahead while the network is at work."""
    import tensorflow as tf

    def read(number: NDArray[np.int64]) -> Batch:
        return _read(samples, batch_size, int(number))

    def shaped(number: Any) -> tuple[Any, Any]:
        x, y = tf.numpy_function(read, [number], (tf.uint8, tf.int64), stateful=False)
        return tf.ensure_shape(x, (None, *samples.tile_shape)), tf.ensure_shape(y, (None,))

    numbers = tf.data.Dataset.range(_batches(samples, batch_size))
    return numbers.map(shaped, num_parallel_calls=_BATCHES_AHEAD).prefetch(_BATCHES_AHEAD)


def py_dataset(samples: Samples, batch_size: int) -> Any:
    """Return a `keras.utils.PyDataset`, which every backend takes."""

    # The class needs Keras to be written down, and Keras is imported late.
    class Batches(import_keras().utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __len__(self) -> int:
            return _batches(samples, batch_size)

        def __getitem__(self, number: int) -> Batch:
            return _read(samples, batch_size, number)

    return Batches()
