"""The models of a dataset: which there are, how good they are, which one a person means."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from menagerie.errors import CallError, HomeError, MenagerieError, MissingModelError
from menagerie.learning.champions import champion_id
from menagerie.learning.comparison import read_comparison
from menagerie.learning.evaluate import read_metrics
from menagerie.learning.folder import CARD_FILE, is_complete, read_card


@dataclass(frozen=True, slots=True)
class Entry:
    """A model; `created_at` in unix seconds, `release` is the one it was trained on.

    `accuracy`, `interval` and `samples` are those of its last test, on the test split of
    `judged_on`; None before the first.
    """

    id: str
    created_at: int
    network: str
    release: str
    accuracy: float | None
    interval: tuple[float, float] | None
    samples: int | None
    judged_on: str | None
    champion: bool
    note: str

    @property
    def date(self) -> str:
        """When it was trained, as 2026-03-01T09:30:00Z."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.created_at))

    def to_json(self) -> dict[str, Any]:
        """Return an entry of `menagerie models --json`."""
        document = asdict(self)
        return {"id": document.pop("id"), "date": self.date, **document}


def list_models(dataset_dir: Path, times: Mapping[str, int]) -> list[Entry]:
    """List the models of a dataset, the newest first; `times` are those that a catalog knows.

    Raises:
        HomeError: what should be the folder of models is a file.
    """
    current, entries = champion_id(dataset_dir), []
    for folder in _folders(dataset_dir):
        # What is taken away while we look is not listed, and not as a damaged one.
        with contextlib.suppress(FileNotFoundError):
            entry = _entry(folder, times.get(folder.name), folder.name == current)
            folder.stat()
            entries.append(entry)
    return sorted(entries, key=lambda entry: (-entry.created_at, entry.id))


def _folders(dataset_dir: Path) -> list[Path]:
    models = dataset_dir / "models"
    if models.exists() and not models.is_dir():
        raise HomeError(f"{models} is a file, and no folder of models. Move it away.")
    return sorted(p for p in models.glob("[!.]*") if p.is_dir())


def _entry(folder: Path, created_at: int | None, is_champion: bool) -> Entry:
    network = release = note = ""
    try:
        card = read_card(folder)
        network, release = card.network, card.release
        note = "" if is_complete(folder) else "damaged"
    except MenagerieError:
        note = "damaged"
    made = folder / CARD_FILE
    if created_at is None:
        created_at = int((made if made.exists() else folder).stat().st_mtime)
    metrics, compared = read_metrics(folder), read_comparison(folder)
    if compared is not None and not note:
        note = f"{compared.accuracy:.3f} where {compared.champion} has"
        note += f" {compared.champion_accuracy:.3f}, p = {compared.p_value:.2g}"
    return Entry(
        id=folder.name,
        created_at=created_at,
        network=network,
        release=release,
        accuracy=metrics.accuracy if metrics else None,
        interval=metrics.interval if metrics else None,
        samples=metrics.samples if metrics else None,
        judged_on=metrics.release if metrics else None,
        champion=is_champion,
        note=note,
    )


def choose_model(dataset_dir: Path, name: str) -> str:
    """Return the id of the model that a person means: an id, or its beginning.

    Raises:
        CallError: several ids begin so.
        MissingModelError: none does.
    """
    folders = _folders(dataset_dir)
    found = [folder for folder in folders if name and folder.name.startswith(name)]
    if len(found) > 1:
        raise CallError(
            f"{len(found)} models of {dataset_dir.name} begin with {name!r}: {_list(found)}."
            " Give more of the id."
        )
    if not found:
        raise MissingModelError(
            f"There is no model {name!r} of {dataset_dir.name} (known: {_list(folders) or 'none'})."
            f" `menagerie models {dataset_dir.name}` lists them."
        )
    return found[0].name


def _list(folders: Sequence[Path]) -> str:
    return ", ".join(folder.name for folder in folders[:20])
