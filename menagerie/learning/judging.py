"""Judging a model in the child process."""

import heapq
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import PhotoError
from menagerie.learning.evaluate import is_photo
from menagerie.learning.metrics import Metrics, Tally
from menagerie.learning.plots import draw_confusion
from menagerie.learning.predict import Predictor
from menagerie.learning.report import Mistake, write_report
from menagerie.learning.samples import Samples, open_release
from menagerie.photos.decode import read_tile

_BATCH = 256
_MISTAKES = 30


def judge_release(model_dir: Path, release_dir: Path) -> None:
    """Judge a model on a release's test split; see `evaluate.evaluate_release`."""
    predictor, release = Predictor(model_dir), open_release(release_dir)
    samples = release.samples("test")
    confusion, mistakes = _judge(predictor, samples)
    metrics = Metrics(predictor.id, release.id, predictor.classes, confusion)
    partial = model_dir / ".confusion.png.partial"
    draw_confusion(confusion, predictor.classes, partial)
    partial.replace(model_dir / "confusion.png")
    write_report(model_dir, release, metrics, mistakes)
    # Last of the three: where it stands, the others do.
    partial = model_dir / ".metrics.json.partial"
    partial.write_text(json.dumps(metrics.to_json(), indent=2) + "\n", encoding="utf-8")
    partial.replace(model_dir / "metrics.json")


def _judge(
    predictor: Predictor, samples: Samples
) -> tuple[tuple[tuple[int, ...], ...], list[Mistake]]:
    tally, row = Tally(len(predictor.classes)), 0
    worst: list[tuple[float, int, int, int]] = []
    for tiles, true in samples.batches(_BATCH):
        probabilities = predictor.probabilities(tiles)
        predicted = probabilities.argmax(axis=1)
        tally.add(true, predicted)
        for offset in np.flatnonzero(predicted != true):
            is_, taken = int(true[offset]), int(predicted[offset])
            worst.append((float(probabilities[offset, taken]), row + int(offset), is_, taken))
        worst = heapq.nlargest(_MISTAKES, worst)
        row += len(true)
    labels = predictor.classes
    mistakes = [
        Mistake(
            number, labels[is_], labels[taken], sure, samples.tiles(slice(number, number + 1))[0]
        )
        for sure, number, is_, taken in worst
    ]
    return tally.confusion(), mistakes


def judge_folder(model_dir: Path, photos: Path) -> Metrics:
    """Judge a model on a folder of class sub-folders; see `evaluate.evaluate_folder`."""
    predictor = Predictor(model_dir)
    tally, skipped = Tally(len(predictor.classes)), 0
    for number, label in enumerate(predictor.classes):
        for tiles, unusable in _tiles(photos / label, predictor):
            skipped += unusable
            if len(tiles):
                predicted = predictor.probabilities(tiles).argmax(axis=1)
                tally.add(np.full(len(tiles), number), predicted)
    return Metrics(
        predictor.id, predictor.release, predictor.classes, tally.confusion(), skipped=skipped
    )


def _tiles(folder: Path, predictor: Predictor) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Decode a folder's photos: batches of tiles, and how many photos could not be used."""
    paths = sorted(path for path in folder.glob("*") if is_photo(path))
    for start in range(0, len(paths), _BATCH):
        usable = [_tile(path, predictor) for path in paths[start : start + _BATCH]]
        tiles = [tile for tile in usable if tile is not None]
        size = predictor.image_size_px
        empty = np.zeros((0, size, size, 3), np.uint8)
        yield np.stack(tiles) if tiles else empty, len(usable) - len(tiles)


def _tile(path: Path, predictor: Predictor) -> NDArray[np.uint8] | None:
    try:
        return read_tile(path.read_bytes(), predictor.image_size_px, predictor.resize)
    except (PhotoError, OSError):
        return None
