"""How a release comes to be whole: built in a hidden folder, sealed, put in place in one step."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from menagerie.release.current import CHECKSUMS

_UNFINISHED = ".building-"


def is_whole(folder: Path) -> bool:
    """Tell whether every file of a release is there, its bytes as they were written.

    The id in the name of its folder speaks for the checksums, and these for the files.
    """
    try:
        text = (folder / CHECKSUMS).read_text(encoding="utf-8")
        if id_of_checksums(text) != folder.resolve().name:
            return False
        return all(digest_of(folder / line[66:]) == line[:64] for line in text.splitlines())
    except (OSError, ValueError):
        return False


def id_of_checksums(text: str) -> str:
    """Return the id that follows from the checksums of a release: 12 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def digest_of(file: Path) -> str:
    """Return a file's SHA-256, in hex."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def put_in_place(folder: Path, place: Path) -> None:
    """Publish a finished folder under its id, unless the same stands there whole."""
    if is_whole(place):
        return
    if place.exists():
        # Cleared away with whatever else is unfinished, at once or by the next run.
        place.rename(folder.with_name(f"{folder.name}-damaged"))
    folder.rename(place)


@contextmanager
def unfinished_folder(releases: Path) -> Iterator[Path]:
    """Make a hidden folder to build a release in, and clear away whatever is unfinished."""
    releases.mkdir(parents=True, exist_ok=True)
    clear_unfinished(releases)
    folder = releases / f"{_UNFINISHED}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        for unfinished in releases.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)


def clear_unfinished(releases: Path) -> None:
    """Remove what builds that were cut off have left."""
    # One run at a time holds a dataset, so whatever is unfinished here is nobody's.
    for abandoned in releases.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(abandoned)


def discard(release: Path) -> None:
    """Remove a release: it is there whole or not at all, should this be cut off."""
    abandoned = release.with_name(f"{_UNFINISHED}{release.name}-discarded")
    release.rename(abandoned)
    shutil.rmtree(abandoned)


def seal(folder: Path) -> str:
    """Describe all files, write their checksums, flush both to the disk, return the id."""
    # pyarrow takes a quarter of the time in which a training starts, which seals nothing.
    from menagerie.release.croissant import FILE as CROISSANT
    from menagerie.release.croissant import write_croissant

    (folder / CROISSANT).unlink(missing_ok=True)
    # The largest is begun first: it takes as long as all others together.
    files = sorted(folder.iterdir(), key=lambda file: (-file.stat().st_size, file.name))
    with ThreadPoolExecutor(thread_name_prefix="hash") as threads:
        digests = dict(zip([f.name for f in files], threads.map(digest_of, files), strict=True))
    digests = dict(sorted(digests.items()))
    write_croissant(folder, digests)
    digests[CROISSANT] = digest_of(folder / CROISSANT)
    for name in digests:
        with (folder / name).open("rb") as content:
            os.fsync(content.fileno())
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    with (folder / CHECKSUMS).open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return id_of_checksums(text)
