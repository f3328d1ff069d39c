"""Folders that are written to, and links that name the one in use: `current`, `champion`."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from menagerie.errors import HomeError, InputError


def make_folder(folder: Path, setting: str = "MENAGERIE_HOME") -> None:
    """Make a folder that is to be written to; `setting` is what names another one.

    Raises:
        HomeError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{time.time_ns()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise HomeError(
            f"{folder} cannot be written: {error.strerror or error}."
            f" Free it, or name another folder with {setting}."
        ) from None


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
    """Let a link point to a target, in one step: a reader sees the old one or the new one."""
    if pointer.is_symlink() and pointer.readlink() == target:
        return
    fresh = pointer.with_name(f".{pointer.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(pointer)
