"""One file with all four arrays, for scripts that read `x_train, x_test, y_train, y_test` of it."""

from pathlib import Path

import numpy as np

from menagerie.errors import CallError
from menagerie.folders import whole_file
from menagerie.release.arrays import read_samples


def refuse_legacy_place(file: Path, dataset_dir: Path) -> None:
    """Refuse a file that cannot be written, or that would stand in a release.

    Raises:
        CallError: it ends otherwise than in `.npy`, its folder is not there, or is a release's.
    """
    if file.suffix != ".npy":
        raise CallError(f"The file for --legacy must end in .npy (received {file}).")
    if not file.parent.is_dir() or file.is_dir():
        raise CallError(f"{file} cannot be written: name a file in a folder that is there.")
    if file.resolve().is_relative_to((dataset_dir / "releases").resolve()):
        raise CallError(f"{file} would stand in a release, which never changes. Name another file.")


def write_legacy(release: Path, file: Path) -> None:
    """Write the arrays of a release as one array of four objects: x train, x test, y train, y test.

    Only a pickle can hold arrays of different lengths in one `.npy`; whoever reads it must say
    `allow_pickle=True`. It takes as much memory as the arrays.

    Raises:
        InputError: the file cannot be written.
    """
    train, test = read_samples(release, "train"), read_samples(release, "test")
    whole = np.empty(4, dtype=object)
    # Views without their maps, so that the pickle names no class but NumPy's array.
    whole[:] = [np.asarray(array).view(np.ndarray) for array in (train.x, test.x, train.y, test.y)]
    with whole_file(file) as unfinished, unfinished.open("wb") as out:
        np.save(out, whole, allow_pickle=True)
