"""The networks, by the names a recipe may use. Only `keras.*`, so that any backend runs them.

Every network takes RGB values of 0-255 (batch, size, size, 3), scales them itself, and
answers with a probability for each class (batch, classes). Augmentation is part of the
network and does nothing outside training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from menagerie.learning.accelerator import jit_compile, keep_single_precision
from menagerie.recipe import Training

Optimizer = Callable[[Training, int], Any]
"""Makes an optimizer from the training section and the total number of steps."""


@dataclass(frozen=True, slots=True)
class Network:
    """How a network is built and trained.

    `build(size_px, classes)` returns the model, not compiled; `batch_size` None leaves it
    to the recipe.
    """

    build: Callable[[int, int], Any]
    optimizer: Optimizer
    label_smoothing: float = 0.0
    batch_size: int | None = None


def compiled(training: Training, size_px: int, classes: int, samples: int) -> tuple[Any, int]:
    """Return the compiled model that a recipe asks for, and the size of its batches."""
    network = NETWORKS[training.model]
    batch_size = network.batch_size or training.batch_size
    steps = -(-samples // batch_size) * training.epochs
    model = network.build(size_px, classes)
    keep_single_precision(model.layers[-1])
    model.compile(
        optimizer=network.optimizer(training, steps),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=network.label_smoothing),
        metrics=["accuracy"],
        jit_compile=jit_compile(),
    )
    return model, batch_size


def _cifar_cnn(size_px: int, classes: int) -> Any:
    """Build the Keras 2 example for CIFAR-10 (`examples/cifar10_cnn.py`), layer for layer.

    That includes what the example does to its images: flips, and shifts by a tenth.
    """
    return keras.Sequential(
        [
            layers.Input((size_px, size_px, 3)),
            layers.Rescaling(1 / 255),
            layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
            layers.RandomFlip("horizontal"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes, activation="softmax"),
        ],
        name="cifar_cnn",
    )


def _cifar_optimizer(_training: Training, _steps: int) -> Any:
    """RMSprop of the example: rate 1e-4, decay 1e-6; the recipe's rate does not apply."""
    # Keras 2's `decay` divided the rate by 1 + decay * step.
    return keras.optimizers.RMSprop(
        keras.optimizers.schedules.InverseTimeDecay(1e-4, decay_steps=1, decay_rate=1e-6)
    )


def _mnist_cnn(size_px: int, classes: int) -> Any:
    """Build the Keras 2 example for MNIST (`examples/mnist_cnn.py`), layer for layer."""
    return keras.Sequential(
        [
            layers.Input((size_px, size_px, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes, activation="softmax"),
        ],
        name="mnist_cnn",
    )


def _mnist_optimizer(_training: Training, _steps: int) -> Any:
    """Adadelta of the example: rate 1.0; the recipe's rate does not apply."""
    return keras.optimizers.Adadelta(1.0)


def _cnn(size_px: int, classes: int) -> Any:
    """Build our own network for little data: 658 thousand weights for three classes.

    A strided stem, three stages of two convolutions with a residual around the second, and
    global pooling, so that the number of weights does not grow with the images.
    """
    inputs = layers.Input((size_px, size_px, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.RandomFlip("horizontal")(x)
    x = layers.RandomTranslation(0.1, 0.1, fill_mode="reflect")(x)
    x = layers.RandomZoom((-0.25, 0.1), fill_mode="reflect")(x)
    x = layers.Rescaling(4.0, offset=-2.0)(x)
    x = _convolution(x, 24, kernel_size=5, strides=2)
    for filters in (48, 96, 192):
        x = layers.MaxPooling2D(padding="same")(_convolution(x, filters))
        x = layers.Add()([_convolution(x, filters), x])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="cnn")


def _convolution(x: Any, filters: int, kernel_size: int = 3, strides: int = 1) -> Any:
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _cnn_optimizer(training: Training, steps: int) -> Any:
    """AdamW; the rate climbs for a twentieth of the steps and falls to 0 along a cosine."""
    warm_up = max(1, steps // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, steps - warm_up),
        warmup_target=training.learning_rate,
        warmup_steps=warm_up,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.02)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


NETWORKS = {
    "cnn": Network(_cnn, _cnn_optimizer, label_smoothing=0.1),
    "cifar_cnn": Network(_cifar_cnn, _cifar_optimizer, batch_size=32),
    "mnist_cnn": Network(_mnist_cnn, _mnist_optimizer, batch_size=128),
}
