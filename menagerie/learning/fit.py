"""Training a model of a release, as the rest of the program asks for it."""

import hashlib
import json
import logging
from pathlib import Path

import numpy as np

from menagerie.errors import RecipeError, TrainingError
from menagerie.folders import make_folder
from menagerie.learning.building import remove_abandoned
from menagerie.learning.folder import is_complete, promote
from menagerie.learning.own_code import fingerprints, look_at_own
from menagerie.learning.process import Message, run_child
from menagerie.learning.samples import Release, open_release
from menagerie.progress import Advance
from menagerie.recipe import Training

__all__ = ["LEARNING_VERSION", "model_id", "promote", "train"]

LEARNING_VERSION = 2
"""Counts the changes after which the same inputs train another model."""

_ID_DIGITS = 12
_LEAST_CLASSES = 2
_LEAST_SAMPLES = 2

_LOG = logging.getLogger(__name__)

# The classic networks were drawn for 28 and 32 px; below these edges no pixel is left to pool.
_MIN_SIZE_PX = {"cnn": 8, "mnist_cnn": 6, "cifar_cnn": 10, "transfer": 8}
# Below it `transfer` sees less of a photo than its backbone could.
_TRANSFER_SIZE_PX = 224


def model_id(release_id: str, training: Training) -> str:
    """Name the model that a release and a training section make: 12 hex digits.

    The same inputs name the same model, so a finished training is never run again. The code
    that the section names counts as an input; what is done with the model afterwards does not.

    Raises:
        RecipeError: there is no such code.
    """
    trained = training.model_dump(mode="json", exclude={"promotion", "reject_error"})
    inputs = [LEARNING_VERSION, release_id, trained, *fingerprints(training)]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:_ID_DIGITS]


def train(release_dir: Path, dataset_dir: Path, training: Training, advance: Advance) -> Path:
    """Train a model, unless it is there already, and return its folder.

    `advance` is called with each epoch that is done, and with none about once a second. A
    training that was cut off goes on after its last whole epoch. The work is done by a child
    process that builds in a folder of its own beside the result and publishes by renaming it;
    what the child wrote to standard error stays in `models/train.log`.

    Raises:
        HomeError: the folder of models cannot be written.
        MissingReleaseError: there is no such release.
        RecipeError: the release's images are too small for the network.
        TrainingError: the release's arrays cannot be used, or the child failed.
    """
    release = open_release(release_dir)
    smallest = 1 if training.build_model else _MIN_SIZE_PX[training.model]
    if release.image_size_px < smallest:
        raise RecipeError(
            f"The network {training.model!r} needs images of {smallest} px or more (received"
            f" release.image_size_px = {release.image_size_px}). Ask for larger images."
        )
    models, name = dataset_dir / "models", model_id(release.id, training)
    folder = models / name
    if is_complete(folder):
        return folder
    if training.model == "transfer" and release.image_size_px < _TRANSFER_SIZE_PX:
        _LOG.warning(
            f"The samples have {release.image_size_px} px; `transfer` does best with 256 px."
            " Set release.image_size_px."
        )
    if training.unheeded:
        _LOG.warning(
            f"The network {training.network!r} does not heed what the recipe sets of training:"
            f" {', '.join(training.unheeded)}."
        )
    _refuse_what_teaches_nothing(release)  # Before anything is written.
    make_folder(models, "MENAGERIE_DATASETS")
    arguments = ["fit", "--release", str(release_dir.resolve()), "--models", str(models.resolve())]
    arguments += ["--id", name, "--training", training.model_dump_json()]
    try:
        run_child(arguments, models / "train.log", lambda message: _report(message, advance))
    finally:
        remove_abandoned(models)  # A child that had to be killed has not tidied up.
    if not is_complete(folder):
        raise TrainingError(
            f"The child process of `fit` ended before {folder} was a complete model, and said"
            f" nothing. Read {models / 'train.log'}.{look_at_own(training)}"
        )
    return folder


def _refuse_what_teaches_nothing(release: Release) -> None:
    if len(release.classes) < _LEAST_CLASSES:
        raise TrainingError(
            f"The release {release.id} has {len(release.classes)} class; telling photos apart takes"
            " two or more. Add a class to the recipe and release again."
        )
    counts = np.bincount(release.samples("train").y, minlength=len(release.classes))
    if counts.min() < _LEAST_SAMPLES:
        label = release.classes[int(counts.argmin())]
        raise TrainingError(
            f"The release {release.id} has {counts.min()} photos of {label!r} to train on;"
            f" training takes {_LEAST_SAMPLES} of each class or more. Collect more photos."
        )


def _report(message: Message, advance: Advance) -> None:
    """Tell of a child's message: what it said, where it goes on, how far it is."""
    if "said" in message:
        _LOG.warning(message["said"])
        advance(0, message["said"])
    elif "note" in message:
        advance(0, message["note"])
    elif "resumed" in message:
        advance(message["resumed"], f"goes on after epoch {message['resumed']}")
    else:
        advance(0 if "step" in message else 1, _note(message))


def _note(figures: Message) -> str:
    said = f"loss {figures['loss']:.2f}"
    if "accuracy" in figures:
        said += f" accuracy {figures['accuracy']:.2f}"
    if "val_accuracy" in figures:
        said += f" validation {figures['val_accuracy']:.2f}"
    left = figures["seconds_left"]
    return f"{said}, {in_words(left)} left" if left else said


def in_words(seconds: float) -> str:
    """Say a duration in the largest unit of which it has two or more."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(1, round(seconds))} s"
