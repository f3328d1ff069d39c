"""Making all checks of a release."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menagerie.errors import MenagerieError, MissingReleaseError
from menagerie.progress import Advance, unwatched
from menagerie.release.verifying.checks import CHECKS, Check
from menagerie.release.verifying.inspection import Findings, Inspection
from menagerie.release.withdrawn import find_release


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check; `unmade` says why it was not made, where it was not."""

    name: str
    title: str
    seconds: float
    faults: Sequence[str]
    count: int
    note: str
    unmade: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether it found nothing; None where it was not made."""
        return None if self.unmade else not self.count

    def to_json(self) -> dict[str, Any]:
        """Return the check's entry of `menagerie verify --json`."""
        return {
            "name": self.name,
            "title": self.title,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "faults": self.count,
            "note": self.unmade or self.note,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of all checks of a release."""

    dataset: str
    release: str
    checks: Sequence[Checked]

    @property
    def ok(self) -> bool:
        """Whether every check was made and found nothing."""
        return all(check.ok for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie verify --json`."""
        return {
            "dataset": self.dataset,
            "release": self.release,
            "ok": self.ok,
            "checks": [check.to_json() for check in self.checks],
            "faults": [
                {"check": check.name, "fault": fault}
                for check in self.checks
                for fault in check.faults
            ],
        }


def find_verified(
    dataset_dir: Path, release_id: str | None, *, is_known: Callable[[str], bool]
) -> Path:
    """Return the folder of the release of an id, or of that which `current` names.

    It need not be there: that is a fault to be told, unless nobody knows of such a release.

    Raises:
        MissingReleaseError: there is no such release.
    """
    current = dataset_dir / "current"
    if release_id is None and current.is_symlink():
        return dataset_dir / "releases" / current.readlink().name
    if release_id is not None and Path(release_id).name == release_id:
        folder = find_release(dataset_dir, release_id)
        if folder.is_dir() or is_known(release_id):
            return folder
    name = dataset_dir.name
    if release_id is None:
        raise MissingReleaseError(
            f"{name} has no current release. Run `menagerie release {name}`, or name one with"
            " --release ID."
        )
    raise MissingReleaseError(
        f"{name} has no release {release_id!r}: neither its folder nor the catalog knows it."
    )


def verify(inspection: Inspection, advance: Advance = unwatched) -> Verification:
    """Make all checks of a release; `advance` is called with each."""
    checked = [_make(check, inspection, advance) for check in CHECKS]
    return Verification(inspection.dataset, inspection.folder.name, checked)


def _make(check: Check, inspection: Inspection, advance: Advance) -> Checked:
    advance(0, check.name)
    found = Findings(lambda _, note: advance(0, f"{check.name}: {note}"))
    unmade = ""
    began = time.perf_counter()
    try:
        check.find(inspection, found)
    except (OSError, ValueError, TypeError, LookupError, MenagerieError) as error:
        # A damaged file raises whatever its reader stumbles on.
        if check.judges:
            found.fault(f"It cannot be checked: {error}")
        else:
            unmade = f"it cannot be checked: {error}"
    seconds = time.perf_counter() - began
    advance(1, "")
    return Checked(check.name, check.title, seconds, found.faults, found.count, found.note, unmade)
