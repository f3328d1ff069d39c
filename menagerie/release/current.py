"""Which folders are releases, and which one is current."""

from pathlib import Path

from menagerie.errors import MissingReleaseError

CHECKSUMS = "checksums.sha256"
"""What a release is given last: a folder with it is whole."""

ARRAYS = frozenset({"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"})


def is_release(folder: Path) -> bool:
    """Tell whether a folder is a release, whole or damaged: one of its files is there."""
    names = (CHECKSUMS, *ARRAYS)
    return not folder.is_symlink() and any((folder / name).is_file() for name in names)


def current_release(dataset_dir: Path) -> Path:
    """Return the folder of the current release.

    Raises:
        MissingReleaseError: there is none.
    """
    pointer = dataset_dir / "current"
    folder = dataset_dir / "releases" / pointer.resolve().name
    if not pointer.is_symlink() or not (folder / CHECKSUMS).is_file():
        raise MissingReleaseError(
            f"{dataset_dir} has no current release."
            f" Run `menagerie refresh {dataset_dir.name}` to make one."
        )
    return folder
