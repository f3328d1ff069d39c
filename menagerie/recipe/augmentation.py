"""The recipe's sections on what happens to samples before the network sees them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from menagerie.recipe.values import OWN, Real, Section, Truth


class Augmentation(Section):
    """How samples are varied while training. Only `preset = "own"` heeds the other keys."""

    preset: Literal["network", "course", "none", "own"] = Field(
        "network",
        description="The network's own variations, those of the course, none, or the keys below.",
    )
    min_rotation_degrees: Real = Field(
        0.0, ge=-180.0, le=180.0, description="Least angle to turn by, counter-clockwise."
    )
    max_rotation_degrees: Real = Field(
        0.0, ge=-180.0, le=180.0, description="Largest angle to turn by."
    )
    rotation_step_degrees: Real = Field(
        0.0, ge=0.0, le=180.0, description="Angles are drawn in such steps; 0 draws any angle."
    )
    width_shift: Real = Field(
        0.0, ge=0.0, le=1.0, description="Shift to either side, as a share of the width."
    )
    height_shift: Real = Field(
        0.0, ge=0.0, le=1.0, description="Shift up or down, as a share of the height."
    )
    shear_degrees: Real = Field(0.0, ge=0.0, le=45.0, description="Largest angle of shear.")
    zoom_in: Real = Field(
        0.0, ge=0.0, le=0.9, description="Largest share of the width that is zoomed away."
    )
    zoom_out: Real = Field(
        0.0, ge=0.0, le=1.0, description="Largest share of the width that is added around."
    )
    channel_shift: Real = Field(
        0.0, ge=0.0, le=255.0, description="Most that each colour is raised or lowered by, of 255."
    )
    brightness: Real = Field(
        0.0, ge=0.0, le=1.0, description="Most that all colours are raised or lowered by together."
    )
    horizontal_flip: Truth = Field(False, description="Whether half the samples are mirrored.")
    vertical_flip: Truth = Field(
        False, description="Whether half the samples are turned upside down."
    )
    fill: Literal["constant", "nearest", "reflect", "wrap"] = Field(
        "nearest", description="What fills the corners that come into view."
    )
    fill_value: Real = Field(
        0.0, ge=0.0, le=255.0, description="The grey value that `constant` fills with."
    )
    function: str = Field(
        "",
        max_length=200,
        pattern=OWN,
        description="Dotted name of a function of yours, from and to a batch of images.",
    )

    @model_validator(mode="after")
    def _angles_are_ordered(self) -> Self:
        if self.min_rotation_degrees > self.max_rotation_degrees:
            raise ValueError("min_rotation_degrees must not be above max_rotation_degrees")
        return self

    @property
    def rotates(self) -> bool:
        """Whether samples are turned at all."""
        return (self.min_rotation_degrees, self.max_rotation_degrees) != (0.0, 0.0)


COURSE = Augmentation(
    preset="own",
    min_rotation_degrees=-20.0,
    max_rotation_degrees=15.0,
    rotation_step_degrees=5.0,
    horizontal_flip=True,
    # Pillow's `rotate` leaves black corners.
    fill="constant",
)
"""What the preset `course` stands for."""


class Normalization(Section):
    """How values are scaled. Any key that is set replaces the network's own scaling."""

    rescale: Real = Field(
        0.0,
        ge=0.0,
        le=255.0,
        description="Factor for values of 0 to 255; 0 leaves it to the network, or is 1/255 beside "
        "other keys.",
    )
    sample_center: Truth = Field(
        False, description="Whether each sample's mean is taken from its values."
    )
    sample_scale: Truth = Field(
        False, description="Whether each sample is divided by its standard deviation."
    )
    feature_center: Truth = Field(
        False, description="Whether the mean of each colour over train is taken from all samples."
    )
    feature_scale: Truth = Field(
        False, description="Whether colours are divided by their standard deviations over train."
    )
    zca_whitening: Truth = Field(
        False, description="Whether samples are whitened by ZCA; for images of 32 px at most."
    )
    zca_epsilon: Real = Field(
        1e-6, gt=0.0, le=1.0, description="What ZCA adds to each variance before it divides by it."
    )

    @property
    def is_own(self) -> bool:
        """Whether the recipe replaces the network's scaling."""
        return self.model_copy(update={"zca_epsilon": 1e-6}) != Normalization()
