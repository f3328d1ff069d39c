"""A network of the user's own, by the dotted name of the function that builds it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from menagerie.errors import RecipeError
from menagerie.learning.dotted import blamed, find

_KEY = "training.build_model"


def own_body(name: str) -> Callable[[Any, int], Any]:
    """Return what asks a user's `build_model(input_shape, classes)` for a network.

    Raises:
        RecipeError: it cannot be imported. What is returned raises it as well, when the function
            fails, or makes no network that could be published.
    """
    build = find(name, _KEY)

    def body(x: Any, classes: int) -> Any:
        shape = tuple(x.shape[1:])
        with blamed(name, _KEY, f"fails when it is called with ({shape}, {classes})"):
            model = build(shape, classes)
            if isinstance(model, keras.Sequential) and not model.built:
                model.build((None, *shape))
        _check(model, name, shape, classes)
        return model(x)

    return body


def _check(model: Any, name: str, shape: tuple[int, ...], classes: int) -> None:
    if not isinstance(model, keras.Model):
        raise RecipeError(
            f"{_KEY} names {name!r}, which makes a {type(model).__name__}. Return a keras.Model."
        )
    for layer in model._flatten_layers():
        kind = type(layer)
        if not kind.__module__.startswith("keras.") or isinstance(layer, keras.layers.Lambda):
            raise RecipeError(
                f"{_KEY} names {name!r}, whose model holds the layer {layer.name!r}, a"
                f" {kind.__module__}.{kind.__name__}: a file with it would only load where code"
                " from a file may run. Use layers of Keras."
            )
    shapes, wanted = (model.input_shape, model.output_shape), ((None, *shape), (None, classes))
    if shapes != wanted:
        raise RecipeError(
            f"{_KEY} names {name!r}, whose model has the shapes {shapes[0]} and {shapes[1]}, and"
            f" not {wanted[0]} and {wanted[1]}. End it with a softmax over the classes."
        )
    drawn = np.random.default_rng(0).uniform(0, 255, (4, *shape)).astype(np.float32)
    answers = np.asarray(model(drawn, training=False), np.float64)
    if answers.min() < 0 or not np.allclose(answers.sum(axis=1), 1, atol=1e-3):
        raise RecipeError(
            f"{_KEY} names {name!r}, whose answers are no probabilities: they do not add up to 1,"
            " or fall below 0. End it with a softmax over the classes."
        )
