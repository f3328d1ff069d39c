"""Removing old releases: never the current one, and never one that a model was trained on."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import delete_release
from menagerie.history import Entry, list_releases
from menagerie.learning.folder import remove_features
from menagerie.release.sealing import clear_unfinished, discard

_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a release, and why; `bytes` is what it takes on the disk."""

    release: str
    date: str
    bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a pruning removes and what it keeps, the newest first."""

    dataset: str
    removed: tuple[Fate, ...]
    kept: tuple[Fate, ...]

    @property
    def freed(self) -> int:
        """Bytes that what is removed takes."""
        return sum(fate.bytes for fate in self.removed)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie prune --json`."""
        return {**asdict(self), "freed": self.freed}


def plan_pruning(catalog: Catalog, dataset_dir: Path, keep: int) -> Pruning:
    """Say which releases would go if the newest `keep` stay, and whatever is needed."""
    entries = list_releases(catalog, dataset_dir)
    # What somebody copied there under a name of their own is theirs.
    ours = [entry.id for entry in entries if _ID.fullmatch(entry.id) and not entry.is_damaged]
    newest = ours[:keep]
    fates = [_fate(entry, entry.id in newest, keep) for entry in entries]
    return Pruning(
        dataset_dir.name,
        tuple(fate for is_kept, fate in fates if not is_kept),
        tuple(fate for is_kept, fate in fates if is_kept),
    )


def _fate(entry: Entry, is_new: bool, keep: int) -> tuple[bool, Fate]:
    reasons = [
        "current" if entry.current else "",
        f"trained on it: {', '.join(entry.models)}" if entry.models else "",
        f"one of the newest {keep}" if is_new else "",
        # It counts for none of them, and may be all that is left of what a paper cites.
        "damaged; `menagerie rebuild` mends it" if entry.is_damaged else "",
        "" if _ID.fullmatch(entry.id) else "no name of a release",
    ]
    why = "; ".join(filter(None, reasons))
    return bool(why), Fate(entry.id, entry.date, entry.bytes, why or "old and not needed")


def prune(catalog: Catalog, dataset_dir: Path, plan: Pruning) -> None:
    """Remove what a plan removes; each release goes whole or not at all, should this be cut off.

    The dataset must be held meanwhile, since training may begin to need one of them.
    """
    clear_unfinished(dataset_dir / "releases")
    for fate in plan.removed:
        discard(dataset_dir / "releases" / fate.release)
        remove_features(dataset_dir / "models", fate.release)
        delete_release(catalog, dataset_dir.name, fate.release)
