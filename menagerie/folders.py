"""Folders that are written to, and links that name the one in use: `current`, `champion`."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from menagerie.errors import HomeError, InputError, OutputError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make_folder(folder: Path, setting: str = "MENAGERIE_HOME") -> None:
    """Make a folder that is to be written to; `setting` is what names another one.

    Raises:
        HomeError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A file without a name: a process that is killed here leaves nothing behind.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise HomeError(
            f"{folder} cannot be written: {error.strerror or error}."
            f" Free it, or name another folder with {setting}."
        ) from None


def has_no_room(error: BaseException) -> bool:
    """Tell whether an error means that a disk is full; libraries wrap it in errors of their own."""
    return getattr(error, "errno", None) in _NO_ROOM or os.strerror(errno.ENOSPC) in str(error)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of all folders in it, in the order of their names.

    Hidden files and folders are passed over; links to folders are not followed.
    """
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(parent, name)


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Lend a name to write one of our files under; it takes its own once it is whole."""
    partial = file.with_name(f".{file.name}.partial")
    try:
        yield partial
        partial.replace(file)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """Lend a name to write somebody's file under; it takes its own once it is whole.

    Raises:
        InputError: it cannot be written.
    """
    unfinished = file.with_name(f".{file.name}-{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(file)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{file} cannot be written: {reason}. Name another file.") from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def point(pointer: Path, target: Path) -> None:
    """Let a link point to a target, in one step: a reader sees the old one or the new one.

    Raises:
        OutputError: a folder stands in the place of the link.
    """
    if pointer.is_symlink() and pointer.readlink() == target:
        return
    if pointer.is_dir() and not pointer.is_symlink():
        raise OutputError(
            f"{pointer} is a folder where a link belongs. Move it away, and run the same command"
            " again."
        )
    fresh = pointer.with_name(f".{pointer.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(pointer)
