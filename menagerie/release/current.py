"""Which release of a dataset is current."""

from pathlib import Path

from menagerie.errors import MissingReleaseError

CHECKSUMS = "checksums.sha256"
"""What a release is given last: a folder with it is whole."""


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
