"""The files of a release: which there are, their bytes, the id, and the link to the current one."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from menagerie.release.current import CHECKSUMS
from menagerie.release.sealing import digest_of, id_of_checksums
from menagerie.release.tables import MANIFEST, RECIPE, REJECTED
from menagerie.release.verifying.inspection import Findings, Inspection

REQUIRED = (
    "x_train.npy",
    "y_train.npy",
    "x_test.npy",
    "y_test.npy",
    "classes.json",
    MANIFEST,
    REJECTED,
    "CREDITS.csv",
    "README.md",
    RECIPE,
    "report.html",
)
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>[^/\\]+)")


def find_lost_current(inspection: Inspection, found: Findings) -> None:
    """`current` is a link to a release that is there."""
    dataset_dir = inspection.folder.parent.parent
    current = dataset_dir / "current"
    if not current.is_symlink():
        found.fault("There is no link `current`." if not current.exists() else "It is no link.")
        return
    target = current.readlink()
    if target.parts[:-1] != ("releases",) or not (dataset_dir / target).is_dir():
        found.fault(f"`current` points to {target}, where there is no release.")


def find_other_files(inspection: Inspection, found: Findings) -> None:
    """Every file that belongs to a release is there and listed, and no other."""
    here = {path.name for path in inspection.folder.iterdir()}
    listed = read_checksums(inspection.folder) if CHECKSUMS in here else {}
    for name in sorted({*REQUIRED, *listed, CHECKSUMS} - here):
        found.fault(f"{name} is missing.")
    for name in sorted(here - {*listed, CHECKSUMS}):
        found.fault(f"{name} is there and {CHECKSUMS} does not list it.")


def find_changed_bytes(inspection: Inspection, found: Findings) -> None:
    """The bytes of every file are those that were published."""
    listed = read_checksums(inspection.folder)
    present = sorted(name for name in listed if (inspection.folder / name).is_file())
    paths = [inspection.folder / name for name in present]
    with ThreadPoolExecutor(thread_name_prefix="hash") as threads:
        # The largest are begun first: they take as long as all others together.
        paths.sort(key=lambda path: -path.stat().st_size)
        for path, digest in zip(paths, threads.map(digest_of, paths), strict=True):
            found.advance(1, path.name)
            if digest != listed[path.name]:
                found.fault(f"{path.name} has other bytes than {CHECKSUMS} says.")


def find_wrong_id(inspection: Inspection, found: Findings) -> None:
    """The id follows from the checksums."""
    told = id_of(inspection.folder)
    if told != inspection.folder.name:
        found.fault(f"By {CHECKSUMS} the id is {told}, and the folder is another's.")


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 that each file of a release should have, by name.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    return dict(_checksums(folder))


def _checksums(folder: Path) -> Iterator[tuple[str, str]]:
    for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{CHECKSUMS} has a line that is no checksum (received {line!r:.80})")
        yield match["name"], match["digest"]


def id_of(folder: Path) -> str:
    """Return the id that follows from the checksums of a release."""
    return id_of_checksums((folder / CHECKSUMS).read_text(encoding="utf-8"))
