"""What a network sees before it decides, whatever kind of network it is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from menagerie.learning.backend import import_keras
from menagerie.learning.penultimate import penultimate


def images(count: int = 2) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 255, (count, 8, 8, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["plain", "mirrored", "headed", "sequential"])
def test_features_are_what_the_last_layer_makes_classes_of(kind: str) -> None:
    keras = import_keras()
    from menagerie.learning.planning import with_mirror_image

    inputs = keras.layers.Input((8, 8, 3))
    seen = keras.layers.Dense(5)(keras.layers.Flatten()(inputs))
    dropped, last = keras.layers.Dropout(0.5), keras.layers.Dense(4, activation="softmax")
    whole = keras.Model(inputs, last(dropped(seen)))
    if kind == "mirrored":
        whole = with_mirror_image(whole)
    if kind == "headed":
        head = keras.Sequential([keras.layers.Input((5,)), last])
        whole = keras.Model(inputs, head(seen))
    if kind == "sequential":
        whole = keras.Sequential([keras.layers.Input((8, 8, 3)), *whole.layers[1:]])
    eye, expected = penultimate(whole), keras.Model(inputs, seen)
    assert eye is not None
    assert np.allclose(eye.predict_on_batch(images()), expected.predict_on_batch(images()))


def test_a_network_without_such_values_has_none() -> None:
    keras = import_keras()
    inputs = keras.layers.Input((8, 8, 3))
    outputs = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(inputs))
    assert penultimate(keras.Model(inputs, outputs)) is None
