"""Training a model of a release, as the rest of the program asks for it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from menagerie.errors import RecipeError, TrainingError
from menagerie.learning.folder import is_complete, promote
from menagerie.learning.process import run_child
from menagerie.learning.samples import open_release
from menagerie.progress import Advance
from menagerie.recipe import Training

__all__ = ["LEARNING_VERSION", "model_id", "promote", "train"]

LEARNING_VERSION = 1
"""Counts the changes after which the same inputs train another model."""

_ID_DIGITS = 12

# The classic networks were drawn for 28 and 32 px; below these edges no pixel is left to pool.
_MIN_SIZE_PX = {"cnn": 8, "mnist_cnn": 6, "cifar_cnn": 10}


def model_id(release_id: str, training: Training) -> str:
    """Name the model that a release and a training section make: 12 hex digits.

    The same inputs name the same model, so a finished training is never run again. What is
    done with the model afterwards is no part of them.
    """
    trained = training.model_dump(mode="json", exclude={"promotion", "reject_error"})
    inputs = [LEARNING_VERSION, release_id, trained]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:_ID_DIGITS]


def train(release_dir: Path, dataset_dir: Path, training: Training, advance: Advance) -> Path:
    """Train a model, unless it is there already, and return its folder.

    `advance` is called once an epoch. The work is done by a child process that builds in a
    folder of its own beside the result and publishes by renaming it; what the child wrote
    to standard error stays in `models/train.log`.

    Raises:
        MissingReleaseError: there is no such release.
        RecipeError: the release's images are too small for the network.
        TrainingError: the release's arrays cannot be used, or the child failed.
    """
    release = open_release(release_dir)
    smallest = _MIN_SIZE_PX[training.model]
    if release.image_size_px < smallest:
        raise RecipeError(
            f"The network {training.model!r} needs images of {smallest} px or more (received"
            f" release.image_size_px = {release.image_size_px}). Ask for larger images."
        )
    models, name = dataset_dir / "models", model_id(release.id, training)
    folder = models / name
    if is_complete(folder):
        return folder
    release.samples("train")  # Refuses arrays that cannot be used, before anything is written.
    models.mkdir(parents=True, exist_ok=True)
    arguments = ["fit", "--release", str(release_dir.resolve()), "--models", str(models.resolve())]
    arguments += ["--id", name, "--training", training.model_dump_json()]
    run_child(arguments, models / "train.log", lambda message: advance(1, _note(message)))
    if not is_complete(folder):
        raise TrainingError(
            f"The training ended well but {folder} is not a complete model."
            f" Read {models / 'train.log'}."
        )
    return folder


def _note(epoch: dict[str, Any]) -> str:
    return f"loss {epoch['loss']:.2f} accuracy {epoch['accuracy']:.2f}"
