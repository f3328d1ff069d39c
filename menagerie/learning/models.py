"""The networks, by the names a recipe may use. Only `keras.*`, so that any backend runs them.

A network's `body` takes images (batch, size, size, 3) whose values were scaled as its `scale`
says, and answers with a probability for each class (batch, classes). Augmentation and scaling
stand before it; see `menagerie.learning.planning`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import layers

from menagerie.learning import optimizers
from menagerie.recipe import Augmentation, Training


@dataclass(frozen=True, slots=True)
class Network:
    """How a network is built and trained, unless the recipe asks otherwise.

    Values of 0-255 are multiplied by the first number of `scale`; the second is added.
    `batch_size` None leaves it to the recipe. What is `mirrored` is trained with mirror images,
    and asked about each photo and its mirror image.
    """

    body: Callable[[Any, int], Any]
    scale: tuple[float, float]
    augmentation: Augmentation
    optimizer: Callable[[Training, int], Any]
    label_smoothing: float = 0.0
    batch_size: int | None = None
    mirrored: bool = False


def _cifar_cnn(x: Any, classes: int) -> Any:
    """Build the Keras 2 example for CIFAR-10 (`examples/cifar10_cnn.py`), layer for layer."""
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Dense(512, activation="relu")(layers.Flatten()(x))
    return layers.Dense(classes, activation="softmax")(layers.Dropout(0.5)(x))


def _mnist_cnn(x: Any, classes: int) -> Any:
    """Build the Keras 2 example for MNIST (`examples/mnist_cnn.py`), layer for layer."""
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return layers.Dense(classes, activation="softmax")(layers.Dropout(0.5)(x))


def _cnn(x: Any, classes: int) -> Any:
    """Build our own network for little data: 658 thousand weights for three classes.

    A strided stem, three stages of two convolutions with a residual around the second, and
    global pooling, so that the number of weights does not grow with the images.
    """
    x = _convolution(x, 24, kernel_size=5, strides=2)
    for filters in (48, 96, 192):
        x = layers.MaxPooling2D(padding="same")(_convolution(x, filters))
        x = layers.Add()([_convolution(x, filters), x])
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(classes, activation="softmax")(x)


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
    return optimizers.make("muon", training.learning_rate, training.weight_decay, steps)


NETWORKS = {
    "cnn": Network(
        _cnn,
        scale=(4 / 255, -2.0),
        augmentation=Augmentation(
            preset="own",
            width_shift=0.1,
            height_shift=0.1,
            zoom_in=0.25,
            zoom_out=0.1,
            horizontal_flip=True,
            fill="reflect",
        ),
        optimizer=_cnn_optimizer,
        label_smoothing=0.1,
        mirrored=True,
    ),
    "cifar_cnn": Network(
        _cifar_cnn,
        scale=(1 / 255, 0.0),
        # What the example does to its images.
        augmentation=Augmentation(
            preset="own", width_shift=0.1, height_shift=0.1, horizontal_flip=True
        ),
        optimizer=lambda _training, _steps: optimizers.of_cifar_cnn(),
        batch_size=32,
    ),
    "mnist_cnn": Network(
        _mnist_cnn,
        scale=(1 / 255, 0.0),
        augmentation=Augmentation(preset="none"),
        optimizer=lambda _training, _steps: optimizers.of_mnist_cnn(),
        batch_size=128,
    ),
}
