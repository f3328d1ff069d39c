"""What a training needs to go on after it was cut off: one file, replaced at each epoch's end.

An `.npz` archive: `head`, JSON as bytes, and the arrays of each group under `group/number`. The
archive carries a checksum of each entry, which reading it compares.
"""

import json
import zipfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, TypeAdapter

Arrays = tuple[NDArray[Any], ...]

_QUOTED_CHARACTERS = 150
_UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint tells of a training, beside its arrays.

    `made_by` names the model and the versions of what trains it: with others it would not go on
    as it began. `history` has a value of each figure for each epoch, NaN where a callback told
    none, `ended_at` the Unix time of its end.
    """

    made_by: str
    epochs_done: NonNegativeInt
    history: dict[str, list[float]]
    ended_at: list[float]
    stopped: bool = False
    best_epoch: NonNegativeInt = 0


@dataclass(frozen=True, slots=True)
class Checkpoint(Head):
    """A training after some epochs.

    `best` are the weights after `best_epoch`, where they are wanted. `variables` are all of the
    model's, the states of its random layers among them.
    """

    variables: Arrays = field(default=())
    optimizer: Arrays = field(default=())
    best: Arrays = field(default=())


_HEAD = TypeAdapter(Head)
_GROUPS = ("variables", "optimizer", "best")
_NUMBERS = "biuf"
"""What `numpy` calls the kinds of numbers that variables hold."""


def checkpoint_path(models: Path, model_id: str) -> Path:
    """Name the checkpoint of a model; hidden, as it is no model."""
    return models / f".checkpoint-{model_id}.npz"


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in the place of the last one; killed half-way, that one stays.

    Raises:
        OSError: it cannot be written.
    """
    head = {each.name: getattr(checkpoint, each.name) for each in fields(Head)}
    entries: dict[str, NDArray[Any]] = {
        f"{group}/{number}": array
        for group in _GROUPS
        for number, array in enumerate(getattr(checkpoint, group))
    }
    entries["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    partial = _partial(path)
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **entries)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def read_checkpoint(path: Path, made_by: str) -> Checkpoint | None:
    """Read a checkpoint; None where there is none.

    Raises:
        ValueError: it is damaged, or another training's; says which.
    """
    if not path.is_file():
        return None
    try:
        # Opened here, since numpy leaves a file open that is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            head = _HEAD.validate_json(archive["head"].tobytes())
            groups: dict[str, Any] = {group: _group(archive, group) for group in _GROUPS}
        checkpoint = Checkpoint(**asdict(head), **groups)
        _refuse_contradictions(checkpoint)
    except _UNREADABLE as error:
        said = " ".join(str(error).split())
        raise ValueError(f"is damaged: {said:.{_QUOTED_CHARACTERS}}") from None
    if checkpoint.made_by != made_by:
        raise ValueError(f"belongs to {checkpoint.made_by}, not to {made_by}")
    return checkpoint


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint and what a killed process had written of one."""
    path.unlink(missing_ok=True)
    _partial(path).unlink(missing_ok=True)


def fits(checkpoint: Checkpoint, model: Any, epochs: int) -> bool:
    """Tell whether a checkpoint can be one of a compiled model that is trained for so long."""
    pairs = (
        (checkpoint.variables, model.variables),
        (checkpoint.optimizer, model.optimizer.variables),
        (checkpoint.best, model.weights if checkpoint.best else ()),
    )
    return checkpoint.epochs_done <= epochs and all(
        [array.shape for array in arrays] == [tuple(variable.shape) for variable in wanted]
        for arrays, wanted in pairs
    )


def _group(archive: Any, group: str) -> Arrays:
    names = sum(name.startswith(f"{group}/") for name in archive.files)
    arrays = tuple(archive[f"{group}/{number}"] for number in range(names))
    if any(array.dtype.kind not in _NUMBERS for array in arrays):
        raise ValueError(f"{group} holds what is no number")
    return arrays


def _refuse_contradictions(checkpoint: Checkpoint) -> None:
    done, history = checkpoint.epochs_done, checkpoint.history
    lengths = {len(values) for values in (checkpoint.ended_at, *history.values())}
    if lengths != {done} or checkpoint.best_epoch > done or (done and "loss" not in history):
        raise ValueError(f"it does not hold the figures of {done} epochs")


def _partial(path: Path) -> Path:
    return path.with_name(f"{path.name}.partial")
