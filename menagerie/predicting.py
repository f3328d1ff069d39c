"""Predicting from files, folders, addresses and standard input, as they come."""

import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from menagerie.cores import usable_cores
from menagerie.errors import CallError, PhotoError
from menagerie.folders import files_below
from menagerie.learning.backend import import_keras
from menagerie.learning.folder import read_card
from menagerie.learning.predict import Prediction, Predictor, champion
from menagerie.names import shown_name
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.remote import RemotePhotos
from menagerie.photos.tiling import Tile, Tiler
from menagerie.recipe import load_recipe
from menagerie.settings import Settings

STANDARD_INPUT = "-"
_AT_ONCE = 64
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one photo: a prediction or an error."""

    photo: str
    prediction: Prediction | None = None
    note: str = ""
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return this photo's entry of `menagerie predict --json`."""
        if self.prediction is None:
            return {"photo": self.photo, "error": self.error}
        entry: dict[str, Any] = {
            "photo": self.photo,
            "label": self.prediction.label,
            "probability": self.prediction.probability,
            "probabilities": self.prediction.probabilities,
        }
        if self.prediction.label is None:
            entry["none_of_these"] = True
        return {**entry, "note": self.note} if self.note else entry


def predict_photos(
    photos: Iterable[str], settings: Settings, dataset: str | None, threshold: float | None = None
) -> Iterator[Answer]:
    """Ask a dataset's champion about photos; one that cannot be used costs the others nothing.

    A photo is a path, an address of an allowed host, or `-` for standard input. The answers
    come in the order of the photos, in lots of 64; memory does not grow with their number.

    Raises:
        CallError: no dataset is named and not exactly one has a champion.
        RecipeError: there is no dataset of that name.
        MissingModelError: the dataset has no champion, or its files are gone.
        TrainingError: its model cannot be loaded.
        DecoderError: photos cannot be decoded, by no photo's fault.
    """
    name = dataset if dataset is not None else _only_dataset(settings.datasets)
    if dataset is not None:
        load_recipe(settings.datasets, dataset)
    model_dir = champion(settings.datasets / name)
    card = read_card(model_dir)
    return _answers(photos, settings, model_dir, (card.image_size_px, card.resize), threshold)


def _answers(
    photos: Iterable[str],
    settings: Settings,
    model_dir: Path,
    kind: tuple[int, str],
    threshold: float | None,
) -> Iterator[Answer]:
    workers = usable_cores()
    predictor: Predictor | None = None
    with ExitStack() as stack:
        tiler = stack.enter_context(Tiler(*kind, workers))
        remote = stack.enter_context(RemotePhotos(settings.photo_hosts, settings.user_agent))
        threads = stack.enter_context(ThreadPoolExecutor(workers, thread_name_prefix="tile"))
        opened = _ahead(threads, lambda photo: _open(photo, tiler, remote), photos)
        try:
            while batch := list(islice(opened, _AT_ONCE)):
                # The model is loaded for the first sound photo, while others are decoded.
                if predictor is None and any(isinstance(outcome, Tile) for _, outcome in batch):
                    import_keras(lean=True)
                    predictor = Predictor(model_dir, threshold)
                yield from _answered(batch, predictor)
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


Outcome = Tile | PhotoError


def _answered(
    batch: Sequence[tuple[str, Outcome]], predictor: Predictor | None
) -> Iterator[Answer]:
    tiles = [outcome.pixels for _, outcome in batch if isinstance(outcome, Tile)]
    found = iter(predictor.predictions(np.stack(tiles)) if predictor and tiles else ())
    for photo, outcome in batch:
        name = shown_name(photo)
        if isinstance(outcome, PhotoError):
            yield Answer(name, error=f"{name} {outcome}.")
        else:
            note = "animated: judged by its first frame" if outcome.animated else ""
            yield Answer(name, next(found), note)


def _ahead(
    threads: ThreadPoolExecutor, open_: Callable[[str], Outcome], photos: Iterable[str]
) -> Iterator[tuple[str, Outcome]]:
    """Open photos side by side, a few more than are asked for, and yield them in order."""
    waiting: deque[tuple[str, Future[Outcome]]] = deque()
    for photo in photos:
        waiting.append((photo, threads.submit(open_, photo)))
        if len(waiting) > _AT_ONCE:
            first, future = waiting.popleft()
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()


def _open(photo: str, tiler: Tiler, remote: RemotePhotos) -> Outcome:
    try:
        if photo == STANDARD_INPUT:
            return tiler.cut_bytes(sys.stdin.buffer.read(MAX_BYTES + 1))
        if _URL.match(photo):
            return tiler.cut_bytes(remote.read(photo))
        return tiler.cut(Path(photo))
    except PhotoError as error:
        return error


def find_photos(named: Iterable[str]) -> Iterator[str]:
    """Yield the photos that are named, and for a folder the files in it, however deep.

    Hidden files and folders are passed over; links to folders are not followed. A folder
    without files is yielded itself, so that it gets its error.
    """
    for name in named:
        # Path.is_dir raises errors of what cannot be a name; such a one has its own row.
        if name == STANDARD_INPUT or _URL.match(name) or not os.path.isdir(name):  # noqa: PTH112
            yield name
            continue
        files = map(str, files_below(Path(name)))
        first = next(files, None)
        yield name if first is None else first
        yield from files


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
