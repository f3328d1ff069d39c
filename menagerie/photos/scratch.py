"""Folders for unfinished downloads: one a process, cleared away when the process is gone."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from menagerie.lifeline import is_process

_FOLDER = "unfinished"


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """Make a folder for the unfinished downloads of this process."""
    mine = home / _FOLDER / f"{socket.gethostname()}.{os.getpid()}"
    mine.mkdir(parents=True, exist_ok=True)
    try:
        yield mine
    finally:
        # A thread that is slow to stop may still write; the next process clears up after it.
        shutil.rmtree(mine, ignore_errors=True)


def clear_abandoned(home: Path) -> None:
    """Clear away the folders of processes of this machine that ended without doing so."""
    for folder in (home / _FOLDER).glob("*"):
        host, _, pid = folder.name.rpartition(".")
        is_gone = not pid.isdecimal() or not is_process(int(pid))
        if host in {"", socket.gethostname()} and is_gone:
            shutil.rmtree(folder, ignore_errors=True)
