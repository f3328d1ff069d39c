"""The page about two releases: what changed, with some of the photos and their credits."""

import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from menagerie.curation.reasons import Reason
from menagerie.folders import whole_file
from menagerie.release.arrays import read_samples
from menagerie.release.credits import Credit, changes_of, credit_of_row
from menagerie.release.differences import KINDS, NO_LONGER_FOUND, Change, Differences
from menagerie.release.pages import picture, templates
from menagerie.release.split import SPLITS
from menagerie.release.tables import read_sources
from menagerie.terms import SHEET_PHOTOS, notice_of

# Their owners may not want them to be seen any more.
_NOT_SHOWN = {NO_LONGER_FOUND, Reason.GONE, Reason.OPTED_OUT, Reason.LICENSE, Reason.REFUSED}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A photo on the page; `data` is its sample as PNG in base 64, empty where it is not shown."""

    change: Change
    credit: Credit
    data: str


def write_differences(found: Differences, file: Path, title: str) -> None:
    """Write the page; at most 30 photos stand on it, those of each kind in equal parts.

    Raises:
        InputError: the file cannot be written.
    """
    shown = {
        kind: _show(found.before if kind == "dropped" else found.after, changes)
        for kind, changes in chosen(found).items()
    }
    manifests = [release / "manifest.parquet" for release in (found.before, found.after)]
    sources = sorted(set().union(*map(read_sources, manifests)))
    page = (
        templates()
        .get_template("diff.html.j2")
        .render(
            name=title,
            found=found,
            shown=shown,
            changes=_changes(found.after),
            notice=" ".join(filter(None, map(notice_of, sources))),
        )
    )
    with whole_file(file) as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _changes(release: Path) -> str:
    # Its other keys may be those of another version.
    asked = tomllib.loads((release / "recipe.toml").read_text(encoding="utf-8"))
    return changes_of(asked["release"]["resize"])


def chosen(found: Differences) -> dict[str, list[Change]]:
    """Choose the photos to show: in turn one of each kind, within a kind one of each class."""
    waiting = {kind: _in_turn(found.changes[kind]) for kind in KINDS}
    taken: dict[str, list[Change]] = {kind: [] for kind in KINDS}
    for place in range(SHEET_PHOTOS):
        for kind in KINDS:
            if place < len(waiting[kind]) and sum(map(len, taken.values())) < SHEET_PHOTOS:
                taken[kind].append(waiting[kind][place])
    return taken


def _in_turn(changes: Sequence[Change]) -> list[Change]:
    """Order changes so that each class and each reason comes early."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    turns = []
    for change in changes:
        group = (change.label, change.what)
        turns.append((seen[group], change))
        seen[group] += 1
    return [change for _, change in sorted(turns, key=lambda turn: turn[0])]


def _show(release: Path, changes: Sequence[Change]) -> list[_Shown]:
    rows = _rows(release, [change.photo_id for change in changes])
    samples = {split: read_samples(release, split) for split in SPLITS}
    return [
        _Shown(
            change,
            credit_of_row(row, {}),
            "" if change.reason in _NOT_SHOWN else picture(samples[row["split"]].x[row["row"]]),
        )
        for change in changes
        for row in [rows[change.photo_id]]
    ]


def _rows(release: Path, photo_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of some photos in a manifest."""
    wanted = [("photo_id", "in", photo_ids)] if photo_ids else [("photo_id", "==", "")]
    rows = pq.read_table(release / "manifest.parquet", filters=wanted).to_pylist()
    return {row["photo_id"]: row for row in rows}
