"""Decisions as a table: a CSV file that people fill in a spreadsheet, or bring from elsewhere."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.decisions import (
    Decision,
    decisions_in,
    record_decisions,
    unknown_decisions,
)
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.subjects import known_bytes, known_ids
from menagerie.curation.standing import Choice
from menagerie.deciding import checked_label, checked_line, checked_sha256
from menagerie.errors import CallError, InputError
from menagerie.recipe import Recipe
from menagerie.spreadsheets import guarded, unguarded

COLUMNS = ("dataset", "photo_id", "sha256", "label", "decision", "note", "who", "decided_at")

_PROBLEMS_SHOWN = 5
# Clocks differ; but a decision from the future would outrank all that come until then.
_CLOCKS_DIFFER_SECONDS = 300


def export_decisions(catalog: Catalog, recipe: Recipe, path: Path) -> int:
    """Write all that was decided in a dataset or of its photos; return how many rows.

    Raises:
        InputError: the file cannot be written.
    """
    source = dataset_source(catalog, recipe.name)
    made = decisions_in(catalog, recipe.name, source, recipe.labels)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(_cells(one) for one in made)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error}. Name another file.") from None
    return len(made)


def _cells(one: Decision) -> list[str]:
    moment = datetime.fromtimestamp(one.decided_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    photo_id, sha256 = one.photo_id or "", one.sha256 or ""
    texts = (one.dataset, photo_id, sha256, one.label, one.choice, one.note, one.who, moment)
    return [guarded(text) for text in texts]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many decisions of a table were recorded, and how many were there already."""

    recorded: int
    known: int


def import_decisions(catalog: Catalog, recipe: Recipe, path: Path, who: str) -> Imported:
    """Record the decisions of a table, all or nothing, but for those that are there already.

    What a row leaves empty is this dataset, `who`, and now.

    Raises:
        InputError: the file cannot be read, or a row is not as it should be; nothing was recorded.
    """
    source, problems = dataset_source(catalog, recipe.name), dict[int, str]()
    told: list[tuple[int, Decision]] = []
    for line, cells in _read_rows(path):
        try:
            told.append((line, _parse(cells, recipe.name, source, who)))
        except CallError as error:
            problems[line] = str(error)
    fresh = [told[place] for place in unknown_decisions(catalog, [one for _, one in told])]
    problems |= _unusable(catalog, recipe, fresh)
    if problems:
        _refuse(path, problems)
    record_decisions(catalog, [one for _, one in fresh])
    return Imported(len(fresh), len(told) - len(fresh))


def _read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with their lines."""
    try:
        # Spreadsheets begin a file with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            if sorted(columns) != sorted(COLUMNS):
                raise InputError(
                    f"{path} needs the columns {','.join(COLUMNS)}"
                    f" (received {','.join(columns)!r:.200}). Name them so in its first line."
                )
            for cells in reader:
                if len(cells) not in {0, len(COLUMNS)}:
                    raise InputError(
                        f"{path}, line {reader.line_num}: {len(COLUMNS)} cells belong there"
                        f" (received {len(cells)}). Correct that line; nothing was recorded."
                    )
                if any(cells):
                    texts = map(unguarded, cells)
                    yield reader.line_num, dict(zip(columns, texts, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read: {error}. Give a table in CSV, as UTF-8."
        ) from None


def _parse(cells: Mapping[str, str], dataset: str, source: str, who: str) -> Decision:
    """Read a row.

    Raises:
        CallError: a cell is not as it should be.
    """
    photo_id, sha256 = cells["photo_id"], cells["sha256"]
    if not photo_id and not sha256:
        raise CallError("No photo is named. Fill photo_id or sha256.")
    if cells["decision"] not in set(Choice):
        raise CallError(
            f"decision is one of {', '.join(Choice)} (received {cells['decision']!r:.40})."
        )
    return Decision(
        dataset=checked_line(cells["dataset"], "dataset", 40) or dataset,
        source=source if photo_id else None,
        photo_id=photo_id or None,
        sha256=checked_sha256(sha256) if sha256 else None,
        label=cells["label"],
        choice=Choice(cells["decision"]),
        note=checked_line(cells["note"], "note"),
        who=checked_line(cells["who"], "who") or who,
        decided_at=_moment(cells["decided_at"]) if cells["decided_at"] else now(),
    )


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CallError(
            f"decided_at is a time with its zone, as 2026-03-01T09:30:00Z (received {text!r:.40})."
        )
    seconds = int(moment.timestamp())
    if not 0 <= seconds <= now() + _CLOCKS_DIFFER_SECONDS:
        raise CallError(f"decided_at lies in the future, or before 1970 (received {text!r:.40}).")
    return seconds


def _unusable(
    catalog: Catalog, recipe: Recipe, told: Sequence[tuple[int, Decision]]
) -> dict[int, str]:
    """Say, by line, what keeps decisions from being recorded."""
    ids = known_ids(catalog, recipe.name, [d.photo_id for _, d in told if d.photo_id])
    files = known_bytes(catalog, recipe.name, [d.sha256 for _, d in told if d.sha256])
    problems = {}
    for line, one in told:
        # A photo may have other bytes here than where it was judged: another rendition.
        if one.photo_id not in ids if one.photo_id else one.sha256 not in files:
            problems[line] = f"{recipe.name} has no photo {one.photo_id or one.sha256!r:.80}."
        try:
            checked_label(recipe, one.label)
        except CallError as error:
            problems[line] = str(error)
    return problems


def _refuse(path: Path, problems: Mapping[int, str]) -> NoReturn:
    shown = [f"line {line}: {problems[line]}" for line in sorted(problems)[:_PROBLEMS_SHOWN]]
    more = len(problems) - len(shown)
    raise InputError(
        f"{path} cannot be imported. {' '.join(shown)}"
        + (f" So it is with {more:,} more lines." if more else "")
        + " Correct them; nothing was recorded."
    )
