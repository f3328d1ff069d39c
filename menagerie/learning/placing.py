"""Where an exported model is put: in nobody's place but that of an earlier export, and whole.

`.exported.json` beside the exports holds, under the name of each, the SHA-256 of all that was
ever put there; what has another one belongs to somebody else.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from menagerie.errors import BusyError, OutputError
from menagerie.folders import replacing
from menagerie.learning.folder import sha256

_MARK = ".exported.json"
_LOCK = ".exported.lock"
_UNFINISHED = ".unfinished-"
EXPORTED = "exported"
"""The folder in a model's own that exports go to."""


def refuse_ours(out: Path, dataset_dir: Path) -> None:
    """Refuse to export into what a dataset lives on: its models and its releases.

    Raises:
        OutputError: it is there, and not in the folder for exports of a model.
    """
    place, datasets = out.resolve(), dataset_dir.resolve().parent
    if not place.is_relative_to(datasets):
        return
    _, kind, _, inside, *_ = *place.relative_to(datasets).parts, "", "", "", ""
    if kind == "releases" or (kind == "models" and inside != EXPORTED):
        raise OutputError(
            f"{out} is where {place.relative_to(datasets).parts[0]!r} keeps its {kind}, which an"
            " export could destroy. Name another folder with --out."
        )


def refuse_strangers(final: Path) -> None:
    """Refuse to take the place of what no export put there, or what was changed since.

    Raises:
        OutputError: it is so.
    """
    if not final.is_symlink() and not final.exists():
        return
    noted = _noted(final.parent).get(final.name, [])
    # Without a note nothing is read: it may be somebody's largest folder.
    if not noted or _digest(final) not in noted:
        raise OutputError(
            f"{final} is in the way: no export has put it there, or it was changed since."
            " Move it away, or name another folder with --out."
        )


@contextmanager
def placing(final: Path) -> Iterator[Path]:
    """Lend a path to write a file or a folder at; it takes its place once it is whole.

    What an export that was killed has left is cleared away.

    Raises:
        OutputError: its place is taken.
        BusyError: another process writes to it.
    """
    folder = final.with_name(f"{_UNFINISHED}{final.name}")
    # The lock within goes with its folder, which exports that begin and end must not do at once;
    # and the marks of all exports stand in one file.
    together, alone = FileLock(final.with_name(_LOCK)), FileLock(folder / ".lock", timeout=0)
    with together:
        folder.mkdir(exist_ok=True)
        try:
            alone.acquire()
        except Timeout:
            raise BusyError(
                f"{final} is busy: another export is writing it."
                " Wait until that has ended, and run the same command again."
            ) from None
        for left in folder.glob("[!.]*"):
            _remove(left)
    try:
        yield folder / final.name
        with together:
            _put(folder / final.name, final)
    finally:
        with together:
            shutil.rmtree(folder, ignore_errors=True)
            alone.release()


def _put(unfinished: Path, final: Path) -> None:
    refuse_strangers(final)
    noted, digest = _noted(final.parent), _digest(unfinished)
    known = [each for each in noted.get(final.name, []) if each != digest]
    # Noted first: a crash in between leaves what the next export knows for its own.
    with replacing(final.parent / _MARK) as mark:
        text = json.dumps({**noted, final.name: [*known, digest]}, indent=1, sort_keys=True)
        mark.write_text(text + "\n", encoding="utf-8")
    if final.is_dir():
        # A folder cannot be replaced in one step; the old one goes aside first.
        final.rename(unfinished.with_name(f"{final.name}-old"))
        unfinished.rename(final)
    else:
        unfinished.replace(final)


def _noted(folder: Path) -> dict[str, list[str]]:
    try:
        noted = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _digest(place: Path) -> str:
    """Return one SHA-256 of a file, or of all names and files of a folder."""
    whole = hashlib.sha256()
    for path in (place, *sorted(place.rglob("*"))):
        is_file = path.is_file() and not path.is_symlink()
        content = sha256(path) if is_file else "folder" if path.is_dir() else "odd"
        whole.update(json.dumps([str(path.relative_to(place)), content]).encode())
    return whole.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
