"""Predicting from files: what the champion says of each, or why it cannot say."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menagerie.errors import CallError, PhotoError
from menagerie.learning.folder import read_card
from menagerie.learning.predict import Predictor, champion
from menagerie.photos.decode import MAX_BYTES, WORK_EDGE_PX, cut_tile, decode
from menagerie.recipe import load_recipe

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one photo: probabilities by label, best first, or an error."""

    photo: str
    probabilities: dict[str, float]
    note: str = ""
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return this photo's entry of `menagerie predict --json`."""
        if self.error:
            return {"photo": self.photo, "error": self.error}
        label, probability = next(iter(self.probabilities.items()))
        entry: dict[str, Any] = {
            "photo": self.photo,
            "label": label,
            "probability": probability,
            "probabilities": self.probabilities,
        }
        return {**entry, "note": self.note} if self.note else entry


def predict_files(photos: Sequence[Path], datasets: Path, dataset: str | None) -> list[Answer]:
    """Ask a dataset's champion about photos; one that cannot be used costs the others nothing.

    Raises:
        CallError: no dataset is named and not exactly one has a champion.
        RecipeError: there is no dataset of that name.
        MissingModelError: the dataset has no champion, or its files are gone.
    """
    if dataset is not None:
        load_recipe(datasets, dataset)
    model_dir = champion(datasets / (_only_dataset(datasets) if dataset is None else dataset))
    card = read_card(model_dir)
    answers: dict[int, Answer] = {}
    tiles: dict[int, Any] = {}
    for number, path in enumerate(photos):
        try:
            picture = decode(_read(path), max(card.image_size_px, WORK_EDGE_PX))
            tiles[number] = cut_tile(picture, card.image_size_px, card.resize)
            note = "animated: judged by its first frame" if picture.animated else ""
            answers[number] = Answer(str(path), {}, note)
        except PhotoError as error:
            answers[number] = Answer(str(path), {}, error=f"{path} {error}.")
    if tiles:
        predictor = Predictor(model_dir)
        rows = np.concatenate(
            [
                predictor.probabilities(np.stack(list(tiles.values())[start : start + _AT_ONCE]))
                for start in range(0, len(tiles), _AT_ONCE)
            ]
        )
        for number, row in zip(tiles, rows, strict=True):
            answers[number] = _ranked(answers[number], predictor.classes, row.tolist())
    return [answers[number] for number in range(len(photos))]


def _ranked(answer: Answer, classes: Sequence[str], row: Sequence[float]) -> Answer:
    best_first = sorted(zip(classes, row, strict=True), key=lambda pair: -pair[1])
    return Answer(answer.photo, dict(best_first), answer.note)


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise PhotoError("broken", "is no regular file")
        if path.stat().st_size > MAX_BYTES:
            raise PhotoError("too_many_bytes", f"is larger than {MAX_BYTES // 2**20} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise PhotoError("gone", "does not exist") from None
    except OSError as error:
        raise PhotoError("broken", f"cannot be read: {error.strerror}") from None


def _only_dataset(datasets: Path) -> str:
    folders = sorted(datasets.iterdir()) if datasets.is_dir() else []
    names = [folder.name for folder in folders if (folder / "champion").is_symlink()]
    if len(names) != 1:
        known = ", ".join(names) or "none"
        raise CallError(
            f"Which dataset's model is asked? (with a model: {known})."
            " Name one with --dataset, or train one with `menagerie refresh NAME`."
        )
    return names[0]
