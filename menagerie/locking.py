"""One run at a time holds a dataset of a home; a run that is killed holds it no longer."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from menagerie.errors import BusyError
from menagerie.folders import make_folder


@contextmanager
def exclusive(home: Path, dataset_dir: Path, work: str) -> Iterator[None]:
    """Hold a dataset, in its home and in its folder; a part of work that holds it passes.

    Another home may fill the same folder, and another folder be filled from the same home.

    Raises:
        BusyError: another process holds it; says which, since when and for what.
    """
    name = dataset_dir.name
    make_folder(home / "locks")
    make_folder(dataset_dir, "MENAGERIE_DATASETS")
    with (
        _held(home / "locks" / f"{name}.lock", name, work),
        _held(dataset_dir / ".lock", name, work),
    ):
        yield


@contextmanager
def _held(path: Path, dataset: str, work: str) -> Iterator[None]:
    # A singleton, so that the stages inside a refresh find it held by their own process.
    lock = FileLock(path, timeout=0, thread_local=False, is_singleton=True)
    holder = path.with_suffix(".json") if path.suffix else path.with_name(".lock.json")
    outermost = not lock.is_locked
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"{dataset} is busy: {_describe(holder)} is at work on it."
            " Wait until that has ended, and run the same command again."
        ) from None
    try:
        if outermost:
            holder.write_text(json.dumps(_self(work)), encoding="utf-8")
        yield
    finally:
        if outermost:
            holder.unlink(missing_ok=True)
        lock.release()


def _self(work: str) -> dict[str, str | int]:
    return {
        "work": work,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }


def _describe(holder: Path) -> str:
    try:
        entry = json.loads(holder.read_text(encoding="utf-8"))
        return (
            f"a {entry['work']} (process {entry['pid']} on {entry['host']}, since {entry['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
