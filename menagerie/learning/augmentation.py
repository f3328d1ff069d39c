"""Varying samples while training: layers that `ImageDataGenerator` of Keras 2 had as arguments.

They stand before the network in the model that is fitted, and are left out of the one that is
published.
"""

import math
from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from menagerie.errors import RecipeError
from menagerie.learning.dotted import blamed, find
from menagerie.recipe import COURSE, Augmentation

_FUNCTION = "training.augmentation.function"

NONE = Augmentation(preset="none")


def resolved(asked: Augmentation, of_network: Augmentation) -> Augmentation:
    """Return what a preset stands for: the keys of an augmentation."""
    known = {"network": of_network, "course": COURSE, "none": NONE}
    return known.get(asked.preset, asked)


def augmented(x: Any, asked: Augmentation) -> Any:
    """Vary images (batch, size, size, 3) of 0 to 255, in the order that Keras 2 had.

    Raises:
        RecipeError: the recipe's own function cannot be used.
    """
    for layer in _movements(asked):
        x = layer(x)
    if asked.channel_shift:
        x = _channels_shifted(x, asked.channel_shift / 255)
    if asked.horizontal_flip:
        x = layers.RandomFlip("horizontal")(x)
    if asked.vertical_flip:
        x = layers.RandomFlip("vertical")(x)
    if asked.brightness:
        x = layers.RandomBrightness(asked.brightness)(x)
    if asked.function:
        x = OwnFunction(asked.function)(x)
    return x


def _movements(asked: Augmentation) -> Iterator[Any]:
    fill = {"fill_mode": asked.fill, "fill_value": asked.fill_value}
    if asked.rotates:
        yield SteppedRotation(
            asked.min_rotation_degrees,
            asked.max_rotation_degrees,
            asked.rotation_step_degrees,
            **fill,
        )
    if asked.width_shift or asked.height_shift:
        yield layers.RandomTranslation(asked.height_shift, asked.width_shift, **fill)
    if asked.shear_degrees:
        yield layers.RandomShear(math.tan(math.radians(asked.shear_degrees)), **fill)
    if asked.zoom_in or asked.zoom_out:
        yield layers.RandomZoom((-asked.zoom_in, asked.zoom_out), **fill)


def _channels_shifted(x: Any, share: float) -> Any:
    shifted = [layers.RandomBrightness(share)(x[..., n : n + 1]) for n in range(3)]
    return layers.Concatenate()(shifted)


@keras.saving.register_keras_serializable("menagerie")
class SteppedRotation(layers.RandomRotation):  # type: ignore[misc]  # Keras has no types
    """Turns each image by an angle between two, in steps from the lower one if there are any."""

    def __init__(self, lower: float, upper: float, step: float, **options: Any) -> None:
        super().__init__((lower / 360, upper / 360), **options)
        self.lower, self.upper, self.step = lower, upper, step

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: Any = None
    ) -> dict[str, Any] | None:
        """Draw an angle for each image, in degrees counter-clockwise."""
        drawn = super().get_random_transformation(data, training=training, seed=seed)
        if drawn is None or not self.step:
            return drawn  # type: ignore[no-any-return]
        ops = self.backend
        choices = math.floor((self.upper - self.lower) / self.step + 1e-6) + 1
        # The angle that was drawn says which; the upper end itself is never drawn.
        share = (drawn["angle"] - self.lower) / (self.upper - self.lower)
        number = ops.numpy.minimum(ops.numpy.floor(share * choices), choices - 1)
        angle = self.lower + self.step * number
        nothing = ops.numpy.zeros_like(angle)
        matrix = self._compute_affine_matrix(
            center_x=0.5,
            center_y=0.5,
            angle=angle,
            translate_x=nothing,
            translate_y=nothing,
            scale=ops.numpy.ones_like(angle),
            shear_x=nothing,
            shear_y=nothing,
            height=drawn["image_height"],
            width=drawn["image_width"],
        )
        return {**drawn, "angle": angle, "rotation_matrix": matrix}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        own = {"lower": self.lower, "upper": self.upper, "step": self.step}
        inherited = {k: v for k, v in super().get_config().items() if k != "factor"}
        return {**inherited, **own}


def _shape(x: Any) -> tuple[int | None, ...]:
    return tuple(x.shape)


@keras.saving.register_keras_serializable("menagerie")
class OwnFunction(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Asks a user's function, while training only: images in, as many images out."""

    def __init__(self, function: str, **options: Any) -> None:
        super().__init__(**options)
        self.function = function
        self._function = find(function, _FUNCTION)

    def call(self, x: Any, training: bool = False) -> Any:
        """Ask it for images (batch, size, size, 3)."""
        if not training:
            return x
        with blamed(self.function, _FUNCTION, f"fails when it is called with {_shape(x)}"):
            varied = keras.ops.convert_to_tensor(self._function(x))
            received = _shape(varied)
        # Where only the step itself knows a length, there is nothing to compare.
        if len(received) != 4 or any(
            None not in pair and pair[0] != pair[1]
            for pair in zip(received, _shape(x), strict=True)
        ):
            raise RecipeError(
                f"{_FUNCTION} names {self.function!r}, which makes {received} of {_shape(x)}."
                " Return as many images of the same size and colours."
            )
        return varied

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that came in."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "function": self.function}
