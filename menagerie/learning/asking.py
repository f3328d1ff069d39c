"""Asking a network over and over: as cheaply as TensorFlow can, once some time was spent on it."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.backend import import_keras

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From tiles (n, size, size, 3) to probabilities (n, classes)."""

_LARGEST_DIFFERENCE = 1e-5
"""Of a probability; what the order of additions makes of single precision is a tenth of that."""

_log = logging.getLogger(__name__)


def quick(model: Any) -> Ask | None:
    """Return what asks a model with its weights as constants; any thread may call it.

    They are read from where they lie, and not through a variable each with its lock: a tenth of
    the time of a photo. None where the backend is not TensorFlow, and for what cannot be written
    so or answers otherwise: TensorFlow rewrites such graphs, and of some it makes what cannot be
    computed.
    """
    if import_keras().backend.backend() != "tensorflow":
        return None
    try:
        frozen = _frozen(model)
        tiles = np.random.default_rng(0).integers(0, 256, (3, *model.input_shape[1:]), np.uint8)
        difference = float(np.abs(frozen(tiles) - model.predict_on_batch(tiles)).max())
        if difference <= _LARGEST_DIFFERENCE:
            return frozen
        _log.info("A network is asked as it is, for it would answer otherwise by %g", difference)
    except Exception as error:  # TensorFlow raises whatever its converter stumbles on.
        _log.info("A network is asked as it is: %s", error)
    return None


def _frozen(model: Any) -> Ask:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tiles = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    traced = tf.function(lambda x: model(x, training=False), input_signature=[tiles])
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())

    def ask(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers: NDArray[np.float32] = frozen(tf.constant(tiles))[0].numpy()
        return answers

    return ask
