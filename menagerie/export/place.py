"""The folder that an export is written to: nobody else's, and never half-written.

Whatever is under way lies in a hidden folder below it and is renamed when it is whole. What the
folder is an export of stands there, too, in `export.json`, which takes its final place last.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from menagerie.errors import BusyError, OutputError
from menagerie.folders import make_folder

MARK = "export.json"
"""Stands in an export once all of it is there."""
UNFINISHED = ".unfinished"

_LOCK = ".lock"
_SAME = ("dataset", "release", "format", "layout")


class Place:
    """A folder to export to, held by this process."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._unfinished = out / UNFINISHED

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Give a path to write a file or a folder at; it moves to `name` when that is done."""
        path = self._unfinished / name.replace("/", "-")
        yield path
        final = self.out / name
        final.parent.mkdir(parents=True, exist_ok=True)
        path.replace(final)

    def write_once(self, name: str, text: str) -> None:
        """Write a text unless it is there."""
        if not (self.out / name).exists():
            with self.writing(name) as path:
                path.write_text(text, encoding="utf-8")

    def copy_once(self, file: Path) -> None:
        """Copy a file under its own name unless it is there."""
        if not (self.out / file.name).exists():
            with self.writing(file.name) as path:
                shutil.copyfile(file, path)


def flush(file: Path) -> None:
    """Make sure that a file outlasts a power failure; worth it for large ones."""
    with file.open("rb") as content:
        os.fsync(content.fileno())


@contextmanager
def exporting(out: Path, document: Mapping[str, Any]) -> Iterator[Place]:
    """Hold a folder for the export that `document` describes; it is marked as whole afterwards.

    Raises:
        OutputError: it holds something else.
        HomeError: it cannot be made or written to.
        BusyError: another process exports to it.
    """
    _refuse_others(out, document)
    make_folder(out, "--out")
    unfinished = out / UNFINISHED
    unfinished.mkdir(exist_ok=True)
    try:
        with FileLock(unfinished / _LOCK, timeout=0):
            # Another export may have begun, and even ended, since this one looked.
            _refuse_others(out, document)
            _clear(unfinished)
            place = Place(out)
            _mark_begun(unfinished, document)
            yield place
            (unfinished / MARK).replace(out / MARK)
            shutil.rmtree(unfinished)
    except Timeout:
        raise BusyError(
            f"{out} is busy: another export is writing to it."
            " Wait until that has ended, and run the same command again."
        ) from None


def _refuse_others(out: Path, document: Mapping[str, Any]) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file. Name a folder with --out.")
    if not out.exists() or not any(entry.name != UNFINISHED for entry in out.iterdir()):
        # Empty, or nothing but the beginning of an export, which may be gone on with or not.
        found = _read_mark(out / UNFINISHED / MARK)
        if found is None:
            return
    else:
        found = _read_mark(out / MARK) or _read_mark(out / UNFINISHED / MARK)
    if found is None:
        raise OutputError(
            f"{out} holds something else: {_first(out)}. Name an empty or a new folder with --out."
        )
    if any(found.get(name) != document[name] for name in _SAME):
        raise OutputError(
            f"{out} holds an export of {found.get('dataset')}, release {found.get('release')}, as"
            f" {found.get('format')}. Name another folder with --out, or remove that one."
        )


def _read_mark(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _first(out: Path) -> str:
    return min(entry.name for entry in out.iterdir())


def _clear(unfinished: Path) -> None:
    """Remove what an export that was cut off was at."""
    for entry in unfinished.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name not in {_LOCK, MARK}:
            entry.unlink()


def _mark_begun(unfinished: Path, document: Mapping[str, Any]) -> None:
    fresh = unfinished / f".{MARK}"
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(unfinished / MARK)
