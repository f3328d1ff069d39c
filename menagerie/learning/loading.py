"""Loading model files, in safe mode alone: no code from the file is run."""

import re
import zipfile
from pathlib import Path
from typing import Any

from menagerie.errors import TrainingError
from menagerie.learning.backend import import_keras

# The first bytes of every HDF5 file (HDF5 File Format Specification, "Disk Format: Level 0A").
_HDF5 = b"\x89HDF\r\n\x1a\n"
# What a `.keras` file holds, beside its weights.
_PARTS = {"config.json", "metadata.json", "model.weights.h5"}

# What Keras says of a class or function that it does not know; the second of those in `.h5`.
_FOREIGN = re.compile(r"(?:Could not locate (?:class|function)|Unknown layer:) '([^']{1,80})'")

_QUOTED_CHARACTERS = 200


def load_model(path: Path) -> Any:
    """Load a `.keras` or `.h5` file.

    Raises:
        TrainingError: it is no whole Keras model, or would need code that is in it.
    """
    try:
        return read_model(path)
    except ValueError as error:
        raise TrainingError(
            f"{path} {error}. Run `menagerie train`, which trains it anew."
        ) from None


def read_model(path: Path) -> Any:
    """Load a `.keras` or `.h5` file, as `load_model` does.

    Raises:
        ValueError: it is no such model; says in a clause what is wrong with the file.
    """
    if problem := _no_model(path):
        raise ValueError(problem)
    keras = import_keras()
    try:
        # safe_mode refuses the pickled Python that a model file can carry.
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its readers stumble on.
        raise ValueError(_explained(error)) from None
    if not getattr(model, "built", False) or not hasattr(model, "input_shape"):
        raise ValueError("holds a network of unknown shapes, as one that was never built")
    return model


def _no_model(path: Path) -> str | None:
    """Say why a file cannot be what its name says, by its first and last bytes alone."""
    try:
        with path.open("rb") as file:
            is_hdf5 = file.read(len(_HDF5)) == _HDF5
        if path.suffix == ".h5":
            return None if is_hdf5 else "is no HDF5 file, or not the beginning of one"
        if not zipfile.is_zipfile(path):
            return "is no Keras model, or only a part of one: it is no whole zip file"
        with zipfile.ZipFile(path) as parts:
            missing = _PARTS - set(parts.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        return f"cannot be read: {error}"
    return f"is no Keras model: it lacks {', '.join(sorted(missing))}" if missing else None


def _explained(error: Exception) -> str:
    said = " ".join(str(error).split()) or repr(error)
    if "safe_mode" in said or "unsafe" in said.casefold():
        return "holds Python code, as a Lambda layer does, which is never run"
    if found := _FOREIGN.search(said):
        return f"asks for {found[1]!r}, which is not part of Keras"
    if "No model config found" in said:
        return "is an HDF5 file, but no Keras model"
    return f"cannot be loaded: {said[:_QUOTED_CHARACTERS].rstrip('.')}"
