"""The champions of a dataset: which model is in use, which were, and who changed that.

`champions.jsonl` in the dataset's folder holds a line for each change and is only ever added to.
A line is written before the link `champion` is moved: where a crash came between the two, the
link is right and the line is passed over.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from menagerie.errors import CallError, MissingModelError
from menagerie.learning.folder import POINTER, is_complete, promote

HISTORY_FILE = "champions.jsonl"

By = Literal["rule", "person"]


@dataclass(frozen=True, slots=True)
class Change:
    """A model became champion: when (unix seconds), in the place of which, by whom and why.

    `what` is `promote`, or `rollback` to one that was champion before.
    """

    at: int
    what: Literal["promote", "rollback"]
    model: str
    former: str | None
    by: By
    why: str


_CHANGE = TypeAdapter(Change)


def champion_id(dataset_dir: Path) -> str | None:
    """Return the id of the model that the link `champion` names, there or not."""
    pointer = dataset_dir / POINTER
    return pointer.readlink().name if pointer.is_symlink() else None


def changes(dataset_dir: Path) -> list[Change]:
    """Read the history, the oldest change first; a line that was cut off is passed over."""
    try:
        lines = (dataset_dir / HISTORY_FILE).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(_CHANGE.validate_json(line))
        except ValueError:
            continue
    return found


def crown(dataset_dir: Path, model_id: str, by: By, why: str) -> str | None:
    """Make a model the champion; return the id of the one that it takes the place of.

    Raises:
        MissingModelError: there is no complete model of that id.
    """
    former = champion_id(dataset_dir)
    if not is_complete(dataset_dir / "models" / model_id):
        raise MissingModelError(
            f"{dataset_dir / 'models' / model_id} is not a complete model."
            f" `menagerie models {dataset_dir.name}` lists what can be promoted."
        )
    if former != model_id:
        _change(dataset_dir, Change(int(time.time()), "promote", model_id, former, by, why))
    return former


def roll_back(dataset_dir: Path, why: str = "") -> tuple[str, str | None]:
    """Make the former champion the champion again; return its id and that of the one it replaces.

    Asked twice, it goes back two champions. One that is gone or damaged is passed over. Where
    the link is gone, the last one that the history knows is the former one.

    Raises:
        MissingModelError: there never was a champion.
        CallError: there is no former one.
    """
    name, current = dataset_dir.name, champion_id(dataset_dir)
    line = _line(dataset_dir, current)
    if not line:
        raise MissingModelError(
            f"The dataset {name!r} has no champion. Run `menagerie train {name}` first."
        )
    for former in reversed(line if current is None else line[:-1]):
        if is_complete(dataset_dir / "models" / former):
            change = Change(int(time.time()), "rollback", former, current, "person", why)
            _change(dataset_dir, change)
            return former, current
    raise CallError(
        f"The champion of {name!r}, {current or 'gone'}, has no former one that is still there."
        f" `menagerie models {name}` lists what can be promoted."
    )


def _line(dataset_dir: Path, current: str | None) -> list[str]:
    """Return the champions that lead to the current one, which is the last if there is one."""
    line: list[str] = []
    for change in changes(dataset_dir):
        if change.what == "rollback" and change.model in line:
            line = line[: _last(line, change.model) + 1]
            continue
        if not line and change.former is not None:
            line.append(change.former)
        if line[-1:] != [change.model]:
            line.append(change.model)
    if current is None:
        return line
    # A crash between line and link, or a link that somebody moved by hand.
    return line[: _last(line, current) + 1] if current in line else [*line, current]


def _last(line: list[str], model_id: str) -> int:
    return len(line) - 1 - line[::-1].index(model_id)


def turned_away(dataset_dir: Path, model_id: str) -> Change | None:
    """Return how a person put another champion in a model's place, if that was the last word."""
    found = None
    for change in changes(dataset_dir):
        if change.model == model_id:
            found = None
        elif change.former == model_id and change.by == "person":
            found = change
    return found


def _change(dataset_dir: Path, change: Change) -> None:
    line = json.dumps(asdict(change), sort_keys=True)
    with (dataset_dir / HISTORY_FILE).open("a", encoding="utf-8") as file:
        # What a crash cut off must not swallow this line.
        file.write(f"{line}\n" if _ends_whole(dataset_dir) else f"\n{line}\n")
        file.flush()
        os.fsync(file.fileno())
    promote(dataset_dir, change.model)


def _ends_whole(dataset_dir: Path) -> bool:
    content = (dataset_dir / HISTORY_FILE).read_bytes()
    return content[-1:] in {b"", b"\n"}
