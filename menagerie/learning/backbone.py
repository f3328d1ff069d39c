"""Pretrained networks that turn photos into embeddings, all behind one interface.

`efficientnet-lite0` comes with its weights as a package. The names of `keras.applications`, such
as `EfficientNetV2B0`, work, too, where Keras can download their weights.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from menagerie.errors import BackboneError, RecipeError
from menagerie.learning.efficientnet import efficientnet_lite0
from menagerie.learning.weights import read_weights
from menagerie.photos.decode import cut_tile, decode

SIZE_PX = 224
WHOLE_PX = 256
DEFAULT = "efficientnet-lite0"

Prepare = Callable[[NDArray[np.float32]], Any]


def model_input(data: bytes) -> NDArray[np.uint8]:
    """Decode a photo's bytes as a backbone sees it: uint8 (224, 224, 3).

    The short edge becomes 256 pixels, and the middle of that is cut out, as these networks were
    trained.

    Raises:
        PhotoError: see `menagerie.photos.decode`.
    """
    tile = cut_tile(decode(data, WHOLE_PX), WHOLE_PX, "crop")
    margin = (WHOLE_PX - SIZE_PX) // 2
    return tile[margin : margin + SIZE_PX, margin : margin + SIZE_PX]


class Backbone:
    """A pretrained network; `weights` None builds it with random ones, for `keras.applications`.

    Raises:
        BackboneError: it is not installed, or cannot be downloaded.
        RecipeError: it is not known.
    """

    def __init__(self, name: str = DEFAULT, weights: str | None = "imagenet") -> None:
        self.name = name
        self._prepare: Prepare | None = None
        if name == DEFAULT:
            self._model = efficientnet_lite0(read_weights())
        else:
            self._model, self._prepare = _application(name, weights)

    @property
    def features(self) -> int:
        """How many numbers an embedding has."""
        return int(self._model.output_shape[-1])

    def embed(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the embedding of each image, RGB (n, 224, 224, 3): float32 (n, features).

        Raises:
            ValueError: the images have another shape or type.
        """
        if images.shape != (len(images), SIZE_PX, SIZE_PX, 3) or images.dtype != np.uint8:
            raise ValueError(
                f"images must be uint8 (n, {SIZE_PX}, {SIZE_PX}, 3); received {images.dtype}"
                f" {images.shape}"
            )
        if self._prepare is None:
            batch: Any = images
        else:
            batch = self._prepare(images.astype(np.float32))
        embeddings: NDArray[np.float32] = np.asarray(
            self._model.predict_on_batch(batch), dtype=np.float32
        )
        return embeddings


def backbone_layers(name: str, x: Any, weights: str | None = "imagenet") -> tuple[Any, Any]:
    """Return a backbone as a model, and images (batch, 224, 224, 3) as it wants them.

    `x` holds values of 0-255. All that prepares them are layers, so that a model with them is
    whole.

    Raises:
        BackboneError: it is not installed, or cannot be downloaded.
        RecipeError: it is not known.
    """
    if name == DEFAULT:
        return efficientnet_lite0(read_weights()), x
    model, prepare = _application(name, weights)
    # What Keras does to colours is linear, so a few of them tell all of it.
    colors = np.concatenate([np.zeros((1, 3)), np.eye(3)]).astype(np.float32)
    black, *pure = prepare(colors[:, None, None, :].copy()).reshape(4, 3)
    matrix = np.stack([color - black for color in pure])
    if np.array_equal(matrix, np.eye(3)) and not black.any():
        return model, x
    colored = layers.Conv2D(3, 1, trainable=False, name="colors")
    prepared = colored(x)
    colored.set_weights([matrix[None, None], black])
    return model, prepared


def _application(name: str, weights: str | None) -> tuple[Any, Prepare]:
    modules = [m for m in vars(keras.applications).values() if hasattr(m, "preprocess_input")]
    module = next((module for module in modules if hasattr(module, name)), None)
    if module is None or not name[0].isupper():
        raise RecipeError(
            f"There is no backbone {name!r}. Set the recipe's backbone to {DEFAULT}, or to a name"
            " of keras.applications such as EfficientNetV2B0."
        )
    shape = (SIZE_PX, SIZE_PX, 3)
    try:
        model = getattr(module, name)(
            weights=weights, include_top=False, pooling="avg", input_shape=shape
        )
    except Exception as error:  # Keras raises whatever its downloads and readers stumble on.
        said = (str(error).splitlines() or [repr(error)])[0].rstrip(".")
        raise BackboneError(
            f"The backbone {name} cannot be had: {said}. Check the network, or set the recipe's"
            f" backbone to {DEFAULT}, which needs none."
        ) from None
    return model, module.preprocess_input
