"""Making the files of an earlier release anew, byte for byte.

What is whole is kept. Lost arrays are cut once more from tiles and stored photos, by the rows of
the manifest; lost pages and tables are written again. Where the manifest itself is lost, the
catalog may still stand where it stood when the release was made. Only what comes out with the
release's own id is put in its place.
"""

import os
import shutil
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from menagerie.catalog.forgetting import release_source
from menagerie.errors import CallError, MenagerieError, MissingReleaseError, ReleaseError
from menagerie.progress import Advance, unwatched
from menagerie.release.current import ARRAYS, CHECKSUMS
from menagerie.release.remake import Attempt, Sources
from menagerie.release.sealing import digest_of, unfinished_folder
from menagerie.release.tables import MANIFEST, RECIPE, REJECTED
from menagerie.release.verifying.files import REQUIRED, id_of, read_checksums
from menagerie.release.withdrawn import find_release

_IMAGES = {"x_train.npy", "x_test.npy"}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A release that is whole: the files that were `kept` as they were, and those `built`."""

    dataset: str
    release: str
    folder: str
    kept: list[str]
    built: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie rebuild --json`."""
        return asdict(self)


def rebuild(
    sources: Sources,
    dataset_dir: Path,
    release_id: str,
    out: Path | None = None,
    advance: Advance = unwatched,
) -> Rebuilt:
    """Make a release anew, in its place or in the folder `out`, which must not be there.

    Raises:
        MissingReleaseError: nobody knows of such a release, or it was withdrawn.
        CallError: `out` is there already.
        ReleaseError: photos are lost or forgotten, or what comes out is another release; nothing
            was changed.
    """
    folder = _folder_of(sources, dataset_dir, release_id)
    if out is not None and out.exists():
        raise CallError(f"{out} is there already. Name a folder that is not.")
    listed = _listed(folder)
    with unfinished_folder(folder.parent) if out is None else _beside(out) as building:
        keep = _make(sources, folder, building, listed, advance)
        built = sorted({path.name for path in building.iterdir()} - keep - {CHECKSUMS})
        _put_in_place(building, out or folder, keep)
    return Rebuilt(dataset_dir.name, release_id, str(out or folder), sorted(keep), built)


def _folder_of(sources: Sources, dataset_dir: Path, release_id: str) -> Path:
    name = dataset_dir.name
    folder = find_release(dataset_dir, release_id)
    if folder.name != release_id:
        raise MissingReleaseError(
            f"The release {release_id} of {name} was withdrawn, since photos in it were to be"
            f" forgotten; {folder.name} took its place."
        )
    if not folder.is_dir() and release_source(sources.catalog, name, release_id) is None:
        raise MissingReleaseError(
            f"{name} has no release {release_id!r}: neither its folder nor the catalog knows it."
        )
    return folder


def _listed(folder: Path) -> dict[str, str] | None:
    """Return the digests that a release's files should have; None where nobody knows."""
    try:
        return read_checksums(folder) if id_of(folder) == folder.name else None
    except (OSError, ValueError):
        return None


def _make(
    sources: Sources,
    folder: Path,
    building: Path,
    listed: dict[str, str] | None,
    advance: Advance,
) -> set[str]:
    """Make the release of a folder in another; return which files were kept.

    Raises:
        ReleaseError: it cannot be made; says why.
    """
    needed = frozenset(REQUIRED if listed is None else listed)
    why = ""
    for keep, afresh in _attempts(folder, listed):
        _empty(building)
        attempt = Attempt(sources, folder, building, frozenset(keep), needed, afresh)
        try:
            attempt.make(advance)
        except (OSError, ValueError, MenagerieError) as error:
            why = why or str(error)
            continue
        wrong = _wrong(building, folder, listed)
        if not wrong:
            return keep
        why = why or (
            f"{', '.join(wrong)} would have other bytes. The catalog, or the version of menagerie"
            " or of a library that writes files, is another than when it was made."
        )
    raise ReleaseError(
        f"The release {folder.name} cannot be made anew, and nothing was changed: {why}"
    )


def _attempts(folder: Path, listed: dict[str, str] | None) -> Iterator[tuple[set[str], bool]]:
    """Yield which files to keep, the most first, and whether to decode all photos afresh.

    Where the checksums are whole they tell what is; else what is damaged is to be found out.
    """
    present = {path.name for path in folder.glob("*") if path.is_file()} - {CHECKSUMS}
    if listed is not None:
        kept = [{n for n in present & listed.keys() if digest_of(folder / n) == listed[n]}]
    else:
        told = present & {MANIFEST, REJECTED, RECIPE}
        kept = [present, present - ARRAYS, told, set()]
    for number, keep in enumerate(kept):
        if keep not in kept[:number]:
            yield keep, False
            if not keep >= _IMAGES:
                yield keep, True


def _wrong(building: Path, folder: Path, listed: dict[str, str] | None) -> list[str]:
    """Return which files came out otherwise; what the release never had is removed."""
    if listed is None:
        return [] if id_of(building) == folder.name else ["Something that nobody can tell"]
    made = read_checksums(building)
    for name in made.keys() - listed.keys():
        (building / name).unlink()
    wrong = sorted(name for name, digest in listed.items() if made.get(name) != digest)
    if not wrong:
        shutil.copyfile(folder / CHECKSUMS, building / CHECKSUMS)
    return wrong


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def _put_in_place(building: Path, target: Path, keep: Set[str]) -> None:
    if not target.exists():
        building.rename(target)
        return
    # File by file: should this be cut off, what was whole is, and the next call does the rest.
    made = {path.name for path in building.iterdir()}
    for name in sorted(made - keep):
        (building / name).replace(target / name)
    for path in target.iterdir():
        if path.name not in made:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Make a hidden folder beside one that is to be; clear it away if it does not become it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(f".{out.name}-{os.getpid()}")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
