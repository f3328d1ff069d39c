from typing import Any

import numpy as np
import pytest

from menagerie.learning.backend import import_keras
from menagerie.recipe import Training
from tests.learning.builders import tiles


def build(name: str, size_px: int = 32) -> Any:
    import_keras()
    from menagerie.learning.models import compiled

    training = Training.model_validate({"model": name, "epochs": 1})
    model, _ = compiled(training, size_px, classes=3, samples=30)
    return model


def layer_names(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("name", ["cnn", "mnist_cnn", "cifar_cnn"])
def test_augmentation_does_nothing_outside_training(name: str) -> None:
    model = build(name, size_px=16)
    images = tiles(4)[0]
    first, second = (model.predict_on_batch(images) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.allclose(first.sum(axis=1), 1.0)


def test_the_classic_networks_have_the_layers_and_weights_of_their_examples() -> None:
    # 1,250,858 and 1,199,882 weights are published for 32x32x3 and 28x28x1 and 10 classes;
    # here there are 3 classes, and 3 colours for MNIST's one, on 28x28.
    assert build("cifar_cnn", 32).count_params() == 1_250_858 - 7 * 513
    assert build("mnist_cnn", 28).count_params() == 1_199_882 - 7 * 129 + 2 * 9 * 32
    assert layer_names(build("cifar_cnn"))[3:] == [
        *["Conv2D", "Conv2D", "MaxPooling2D", "Dropout"] * 2,
        *["Flatten", "Dense", "Dropout", "Dense"],
    ]


def test_no_network_needs_code_that_is_not_part_of_keras() -> None:
    for name in ("cnn", "mnist_cnn", "cifar_cnn"):
        layers = build(name).layers
        assert all(type(layer).__module__.startswith("keras.") for layer in layers)
        assert "Lambda" not in layer_names(build(name))
