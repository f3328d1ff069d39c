"""Code of a user's own, as a recipe may name it."""

import os
import sys
from typing import Any

import keras
from keras import layers

NOT_A_FUNCTION = 5


def build_model(input_shape: tuple[int, ...], classes: int) -> Any:
    return keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def without_softmax(input_shape: tuple[int, ...], classes: int) -> Any:
    return keras.Sequential([layers.Input(input_shape), layers.Flatten(), layers.Dense(classes)])


def of_other_shape(input_shape: tuple[int, ...], classes: int) -> Any:
    return build_model(input_shape, classes + 1)


def no_model(_input_shape: tuple[int, ...], _classes: int) -> Any:
    return "a model"


def failing(_input_shape: tuple[int, ...], _classes: int) -> Any:
    raise ValueError("no layers left")


class Own(layers.Layer):  # type: ignore[misc]  # Keras has no types
    def call(self, x: Any) -> Any:
        return x


def with_own_layer(input_shape: tuple[int, ...], classes: int) -> Any:
    model = build_model(input_shape, classes)
    return keras.Sequential([layers.Input(input_shape), Own(), model])


def with_lambda(input_shape: tuple[int, ...], classes: int) -> Any:
    model = build_model(input_shape, classes)
    return keras.Sequential([layers.Input(input_shape), layers.Lambda(lambda x: x), model])


def not_built(_input_shape: tuple[int, ...], classes: int) -> Any:
    return keras.Sequential([layers.Flatten(), layers.Dense(classes, activation="softmax")])


class Subclass(keras.Model):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return x


def subclassed(_input_shape: tuple[int, ...], _classes: int) -> Any:
    return Subclass()


def leaving(_input_shape: tuple[int, ...], _classes: int) -> Any:
    sys.exit(0)


def vanishing(_input_shape: tuple[int, ...], _classes: int) -> Any:
    os._exit(0)


def darker(images: Any) -> Any:
    return images / 2


def halved(images: Any) -> Any:
    return images[:, ::2]


def flattened(images: Any) -> Any:
    return keras.ops.reshape(images, (-1,))


def nothing(_images: Any) -> Any:
    return None


def broken(_images: Any) -> Any:
    raise ValueError("no idea")
