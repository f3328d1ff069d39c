"""Decisions as a table: a CSV file that people fill in a spreadsheet, or bring from elsewhere."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from menagerie.catalog.subjects import bytes_of_ids, held_bytes, known_bytes
from menagerie.catalog.tombstones import forgotten_ids
from menagerie.curation.standing import Choice
from menagerie.deciding import checked_label, checked_line, checked_sha256
from menagerie.errors import CallError, InputError
from menagerie.recipe import Recipe, is_name
from menagerie.spreadsheets import guarded, unguarded

COLUMNS = ("dataset", "photo_id", "sha256", "label", "decision", "note", "who", "decided_at")
NEEDED = ("photo_id", "sha256", "label", "decision")

Told = list[tuple[int, Decision]]
"""Decisions with the lines that tell them."""

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
    """How many decisions of a table were recorded, and how many were there already.

    `forgotten` rows are about photos that were forgotten, and were passed over.
    """

    recorded: int
    known: int
    forgotten: int = 0


def import_decisions(catalog: Catalog, recipe: Recipe, path: Path, who: str) -> Imported:
    """Record the decisions of a table, all or nothing, but for those that are there already.

    What a row leaves empty is this dataset, `who`, and now.

    Raises:
        InputError: the file cannot be read, or a row is not as it should be; nothing was recorded.
    """
    source, problems = dataset_source(catalog, recipe.name), dict[int, str]()
    told: Told = []
    for line, cells in _read_rows(path):
        try:
            told.append((line, _parse(cells, recipe.name, source, who)))
        except CallError as error:
            problems[line] = str(error)
    buried = forgotten_ids(catalog, source, {one.photo_id for _, one in told if one.photo_id})
    heard = [(line, one) for line, one in told if one.photo_id not in buried]
    fresh = _new(catalog, heard)
    usable, unusable = _settle(catalog, recipe, fresh)
    problems |= unusable
    if problems:
        _refuse(path, problems)
    record_decisions(catalog, usable)
    return Imported(len(fresh), len(heard) - len(fresh), len(told) - len(heard))


def _read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with their lines."""
    try:
        # Spreadsheets begin a file with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = _columns(path, next(reader, []))
            for cells in reader:
                if len(cells) not in {0, len(columns)}:
                    raise InputError(
                        f"{path}, line {reader.line_num}: {len(columns)} cells belong there"
                        f" (received {len(cells)}). Correct that line; nothing was recorded."
                    )
                if any(cells):
                    texts = map(unguarded, cells)
                    row = dict.fromkeys(COLUMNS, "") | dict(zip(columns, texts, strict=True))
                    yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read: {error}. Give a table in CSV, as UTF-8."
        ) from None


def _columns(path: Path, head: Sequence[str]) -> list[str]:
    """Return the names of the columns; spreadsheets and people write them in their own way."""
    columns = [name.strip().casefold() for name in head]
    is_double = len(set(columns)) < len(columns)
    if is_double or not set(NEEDED) <= set(columns) <= set(COLUMNS):
        others = [name for name in COLUMNS if name not in NEEDED]
        raise InputError(
            f"{path} needs the columns {','.join(NEEDED)}, and may have {','.join(others)}"
            f" (received {','.join(head)!r:.200}). Name them so in its first line."
        )
    return columns


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
        dataset=_dataset(cells["dataset"].strip()) or dataset,
        source=source if photo_id else None,
        photo_id=photo_id or None,
        sha256=checked_sha256(sha256) if sha256 else None,
        label=cells["label"],
        choice=Choice(cells["decision"]),
        note=checked_line(cells["note"], "note"),
        who=checked_line(cells["who"], "who") or who,
        decided_at=_moment(cells["decided_at"]) if cells["decided_at"] else now(),
    )


def _dataset(name: str) -> str:
    if name and not is_name(name):
        raise CallError(
            f"A dataset's name holds a-z, 0-9, - and _ only, 40 at most (received {name!r:.60})."
        )
    return name


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


def _new(catalog: Catalog, told: Told) -> Told:
    """Leave out what the catalog has already."""
    left = [told[place] for place in unknown_decisions(catalog, [one for _, one in told])]
    # A row may have been recorded without its bytes, by `_settle`.
    both = [place for place, (_, one) in enumerate(left) if one.photo_id and one.sha256]
    unknown = unknown_decisions(catalog, [replace(left[place][1], sha256=None) for place in both])
    known = set(both) - {both[place] for place in unknown}
    return [row for place, row in enumerate(left) if place not in known]


def _settle(catalog: Catalog, recipe: Recipe, told: Told) -> tuple[list[Decision], dict[int, str]]:
    """Return decisions as they are to be recorded; and, by line, what keeps them from it."""
    known = _look_up(catalog, recipe, [one for _, one in told])
    settled, problems = list[Decision](), dict[int, str]()
    for line, one in told:
        try:
            checked_label(recipe, one.label)
            settled.append(_settled(one, known))
        except CallError as error:
            problems[line] = str(error)
    return settled, problems


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalog has of the photos that a table names.

    `own` holds the bytes of the dataset's photos by id, None while they are not fetched; `here`
    are the bytes that its photos have, `held` those that any photo has.
    """

    dataset: str
    own: Mapping[str, str | None]
    here: set[str]
    held: set[str]


def _look_up(catalog: Catalog, recipe: Recipe, told: Sequence[Decision]) -> _Known:
    photo_ids = [one.photo_id for one in told if one.photo_id]
    sha256s = [one.sha256 for one in told if one.sha256]
    return _Known(
        recipe.name,
        bytes_of_ids(catalog, recipe.name, photo_ids),
        known_bytes(catalog, recipe.name, sha256s),
        held_bytes(catalog, sha256s),
    )


def _settled(one: Decision, known: _Known) -> Decision:
    """Return a decision such that it moves no other photo than the one that it names.

    Bytes that no photo has are recorded beside the id: another rendition was judged, or the file
    before this one.

    Raises:
        CallError: the photo is not known, or the bytes are another photo's.
    """
    if one.photo_id not in known.own if one.photo_id else one.sha256 not in known.here:
        raise CallError(f"{known.dataset} has no photo {one.photo_id or one.sha256!r:.80}.")
    if one.photo_id is None or one.sha256 not in known.held:
        return one
    own = known.own[one.photo_id]
    if own is None:
        # Two photos of the same bytes, perhaps: once it is fetched, the decision is about its own.
        return replace(one, sha256=None)
    if own != one.sha256:
        raise CallError(
            "photo_id and sha256 are those of different photos"
            f" (received {one.photo_id!r:.80} and {one.sha256!r})."
        )
    return one


def _refuse(path: Path, problems: Mapping[int, str]) -> NoReturn:
    shown = [f"line {line}: {problems[line]}" for line in sorted(problems)[:_PROBLEMS_SHOWN]]
    more = len(problems) - len(shown)
    raise InputError(
        f"{path} cannot be imported. {' '.join(shown)}"
        + (f" So it is with {more:,} more lines." if more else "")
        + " Correct them; nothing was recorded."
    )
