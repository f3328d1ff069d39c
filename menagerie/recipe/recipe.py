"""The recipe: what a dataset is made of. Every key is bounded and says what it is for."""

from collections import Counter
from typing import Any, Literal, Self

import tomli_w
from pydantic import Field, model_validator

from menagerie.recipe.curation import Curation
from menagerie.recipe.schedule import Schedule
from menagerie.recipe.source import LOCAL_KINDS, Source
from menagerie.recipe.training import Training
from menagerie.recipe.values import Keyword, Label, Line, Real, Section, Whole


class Dataset(Section):
    """What the dataset is called."""

    name: Label = Field(description="Folder name of the dataset: a-z, 0-9, `-` and `_`.")
    title: Line = Field("", max_length=200, description="A name for people.")


class PhotoClass(Section):
    """One class and what to search for it."""

    label: Label = Field(description="Name of the class in arrays, cards and predictions.")
    keywords: tuple[Keyword, ...] = Field(
        min_length=1,
        max_length=20,
        description="Each keyword is one search, or names one sub-folder or label of the source.",
    )


class Release(Section):
    """How photos become arrays."""

    image_size_px: Whole = Field(64, ge=8, le=1024, description="Edge of the square samples.")
    resize: Literal["crop", "pad", "stretch"] = Field(
        "crop", description="How a photo becomes square: centre crop, black borders, or distorted."
    )
    test_fraction: Real = Field(
        0.2, gt=0.0, lt=1.0, description="Share of each class that stands in the test split."
    )
    min_per_class: Whole = Field(
        50, ge=2, le=1_000_000, description="A release with fewer photos of a class is refused."
    )
    max_drop_share: Real = Field(
        0.2,
        ge=0.0,
        le=1.0,
        description="A release is refused when a class has lost a larger share of the samples that "
        "it had in the last one.",
    )


class Recipe(Section):
    """What is asked: the input of every flow. Unknown keys are refused."""

    dataset: Dataset = Field(description="What the dataset is called.")
    classes: tuple[PhotoClass, ...] = Field(
        min_length=2, max_length=1000, description="The classes, in the order of their numbers."
    )
    source: Source = Field(default_factory=Source, description="Which photos to ask for.")
    curation: Curation = Field(default_factory=Curation, description="Which photos are kept.")
    release: Release = Field(default_factory=Release, description="How photos become arrays.")
    training: Training = Field(default_factory=Training, description="How to train.")
    schedule: Schedule = Field(default_factory=Schedule, description="When deployed flows start.")

    @model_validator(mode="before")
    @classmethod
    def _given_labels_are_not_doubted(cls, keys: Any) -> Any:
        source = keys.get("source") if isinstance(keys, dict) else None
        if isinstance(source, dict) and source.get("kind") in LOCAL_KINDS:
            curation = keys.get("curation", {})
            if isinstance(curation, dict):
                return {**keys, "curation": {"relevance": "off", **curation}}
        return keys

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Self:
        doubled = [label for label, n in Counter(self.labels).items() if n > 1]
        if doubled:
            raise ValueError(f"the label {doubled[0]!r} stands twice; labels must be distinct")
        return self

    @model_validator(mode="after")
    def _keywords_are_distinct(self) -> Self:
        doubled = [k for k, n in Counter(k.casefold() for _, k in self.searches).items() if n > 1]
        if doubled:
            raise ValueError(f"the keyword {doubled[0]!r} stands twice; one search is enough")
        return self

    @model_validator(mode="after")
    def _each_class_has_its_weight(self) -> Self:
        weights = self.training.class_weights
        if weights and len(weights) != len(self.classes):
            raise ValueError(
                f"training.class_weights has {len(weights)} numbers for {len(self.classes)}"
                " classes; give one for each, or []"
            )
        return self

    @model_validator(mode="after")
    def _brightness_leaves_room(self) -> Self:
        if self.curation.min_brightness >= self.curation.max_brightness:
            raise ValueError("curation.min_brightness must be below curation.max_brightness")
        return self

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.dataset.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the order of their class numbers."""
        return tuple(entry.label for entry in self.classes)

    @property
    def searches(self) -> tuple[tuple[str, str], ...]:
        """Every (label, keyword) to search."""
        return tuple((entry.label, word) for entry in self.classes for word in entry.keywords)

    def to_toml(self) -> str:
        """Write the resolved recipe, defaults included, as TOML without comments."""
        return tomli_w.dumps(self.model_dump(mode="json"))
