"""The recipe's section on how the classifier is trained."""

from typing import Literal

from pydantic import Field

from menagerie.recipe.augmentation import Augmentation, Normalization
from menagerie.recipe.values import (
    BACKBONE,
    OWN,
    Dotted,
    Real,
    Section,
    Truth,
    Weight,
    Whole,
    Word,
)

_WATCHED_WHEN_STOPPING = 0.1


class Training(Section):
    """How the classifier is trained."""

    model: Literal["cnn", "mnist_cnn", "cifar_cnn", "transfer"] = Field(
        "cnn", description="Name of the network."
    )
    epochs: Whole = Field(40, ge=1, le=10_000, description="Passes over the training split.")
    batch_size: Whole = Field(32, ge=1, le=4096, description="Samples in one step.")
    learning_rate: Real = Field(
        0.01, gt=0.0, le=10.0, description="Highest learning rate of the schedule."
    )
    seed: Whole = Field(
        29, ge=0, le=2**31 - 1, description="Seed of the split, the sample order and the training."
    )
    validation_fraction: Real = Field(
        0.0,
        ge=0.0,
        le=0.5,
        description="Share of each class of train that is only watched, by groups; "
        "with early stopping 0 means 0.1.",
    )
    early_stopping_patience: Whole = Field(
        0,
        ge=0,
        le=10_000,
        description="Epochs without a lower validation loss after which training stops and takes "
        "its best weights; 0 trains all epochs.",
    )
    callbacks: tuple[Dotted, ...] = Field(
        (),
        max_length=20,
        description="Keras callbacks of your own, by their dotted names.",
    )
    promotion: Literal["not-worse", "better", "always"] = Field(
        "not-worse", description="When a new model takes the place of the champion."
    )
    reject_error: Real = Field(
        0.05,
        ge=0.0,
        le=0.5,
        description="Share of the photos named rightly that may be called none of these.",
    )
    build_model: str = Field(
        "",
        max_length=200,
        pattern=OWN,
        description="Dotted name of your own `build_model(input_shape, classes)`, instead of the "
        "network.",
    )
    optimizer: Literal[
        "network", "adadelta", "adagrad", "adam", "adamw", "lion", "muon", "nadam", "rmsprop", "sgd"
    ] = Field("network", description="The network's own optimizer, or another one.")
    weight_decay: Real = Field(
        0.1, ge=0.0, le=10.0, description="Share of the rate by which weights shrink at each step."
    )
    loss: Literal[
        "network",
        "categorical_crossentropy",
        "binary_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_hinge",
        "kl_divergence",
        "mean_squared_error",
    ] = Field("network", description="The network's own loss, or another one.")
    metrics: tuple[Word, ...] = Field(
        (), description="Metrics of Keras to follow beside loss and accuracy."
    )
    class_weights: tuple[Weight, ...] = Field(
        (), description="What the samples of each class count in the loss; [] counts all alike."
    )
    balance_classes: Truth = Field(
        False, description="Whether small classes count for more, so that all count for the same."
    )
    backbone: str = Field(
        "efficientnet-lite0",
        pattern=BACKBONE,
        description="The pretrained network that `transfer` stands on.",
    )
    fine_tune_blocks: Whole = Field(
        0, ge=0, le=100, description="How many of its last blocks `transfer` trains as well."
    )
    fine_tune_rate: Real = Field(
        0.0001, gt=0.0, le=1.0, description="Highest learning rate while they are trained."
    )
    augmentation: Augmentation = Field(
        default_factory=Augmentation, description="How samples are varied while training."
    )
    normalization: Normalization = Field(
        default_factory=Normalization, description="How values are scaled."
    )

    @property
    def network(self) -> str:
        """What names the network: that of the recipe, or the function that builds one's own."""
        return self.build_model or self.model

    @property
    def unheeded(self) -> list[str]:
        """The keys that have other values than usual, and yet change nothing for this network."""
        is_transfer = self.network == "transfer"
        idle = set() if is_transfer else {"backbone", "fine_tune_blocks"}
        if not (is_transfer and self.fine_tune_blocks):
            idle.add("fine_tune_rate")
        if is_transfer:
            idle.add("normalization")
        if self.network in {"cifar_cnn", "mnist_cnn"}:
            idle.add("batch_size")
        if self.optimizer == "network" and self.network in {"cifar_cnn", "mnist_cnn"}:
            idle |= {"learning_rate", "weight_decay"}
        if self.optimizer == "network" and is_transfer:
            idle.add("learning_rate")
        usual = Training()
        found = sorted(key for key in idle if getattr(self, key) != getattr(usual, key))
        preset = self.augmentation.preset
        if preset != "own" and self.augmentation != Augmentation(preset=preset):
            found.append("augmentation without preset = 'own'")
        return found

    @property
    def held_out(self) -> float:
        """The share of train that is watched, early stopping's needs included."""
        if self.early_stopping_patience and self.validation_fraction == 0.0:
            return _WATCHED_WHEN_STOPPING
        return self.validation_fraction
