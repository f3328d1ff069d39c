"""What runs in a home: a lock that its supervisor holds, and a record for everyone else."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from menagerie.folders import make_folder

_SECONDS_FOR_A_LOOK = 2.0  # Whoever only looks holds the lock for a moment.


@dataclass(frozen=True, slots=True)
class Record:
    """What `menagerie up` started: its process, when, where its parts are, how they do."""

    pid: int
    host: str
    since: str
    api: str
    ready: bool = False
    addresses: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that its loopback addresses lead to it."""
        return self.host == socket.gethostname()


@contextmanager
def held(home: Path) -> Iterator[bool]:
    """Hold a home as its supervisor; yields False if another one does."""
    make_folder(home)
    lock = FileLock(home / "up.lock")
    try:
        lock.acquire(timeout=_SECONDS_FOR_A_LOOK)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        _file(home).unlink(missing_ok=True)
        lock.release()


def write_record(home: Path, record: Record) -> None:
    """Replace the record in one step."""
    fresh = home / f".up-{os.getpid()}.json"
    fresh.write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
    fresh.replace(_file(home))


def running(home: Path) -> Record | None:
    """Return what runs in a home; nothing if its supervisor has ended, however it ended."""
    return last_record(home) if is_held(home) else None


def last_record(home: Path) -> Record | None:
    """Return the record, of a supervisor that may have been killed since."""
    try:
        return Record(**json.loads(_file(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_held(home: Path) -> bool:
    """Tell whether a supervisor holds a home."""
    file = home / "up.lock"
    if not file.exists():
        return False
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _file(home: Path) -> Path:
    return home / "up.json"
