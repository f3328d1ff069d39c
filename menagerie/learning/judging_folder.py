"""Judging a model on a folder of photos, in the child process."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import PhotoError
from menagerie.folders import files_below
from menagerie.learning.calibration import read_calibration, scaled
from menagerie.learning.exposure import Seen
from menagerie.learning.metrics import Metrics, Tally
from menagerie.learning.predict import Predictor
from menagerie.learning.reliability import Best, Rejection, Reliability
from menagerie.photos.decode import read_tile
from menagerie.photos.tile_child import read_photo

_BATCH = 256


def judge_folder(model_dir: Path, photos: Path) -> Metrics:
    """Judge a model on a folder of class sub-folders; see `evaluate.evaluate_folder`."""
    predictor, calibration = Predictor(model_dir), read_calibration(model_dir)
    reader = _Reader(predictor)
    chosen = reader.choose(photos, Seen(model_dir))
    classes = len(predictor.classes)
    tally, best, rejection = Tally(classes), Best(classes), Rejection()
    plain, honest = Reliability(), Reliability()
    for number, label in enumerate(predictor.classes):
        for tiles in reader.batches(chosen[label]):
            probabilities = predictor.probabilities(tiles)
            predicted, true = probabilities.argmax(axis=1), np.full(len(tiles), number)
            right = predicted == true
            tally.add(true, predicted)
            best.add(true, probabilities)
            plain.add(probabilities.max(axis=1), right)
            if calibration is not None:
                sure = scaled(probabilities, calibration.temperature).max(axis=1)
                honest.add(sure, right)
                rejection.add(sure, right, calibration.threshold)
    figures = {"ece": plain.error}
    if calibration is not None:
        figures |= {
            "ece_scaled": honest.error,
            "temperature": calibration.temperature,
            "threshold": calibration.threshold,
            "answered": rejection.answered,
            "accuracy_answered": rejection.accuracy,
        }
    return Metrics(
        predictor.id,
        predictor.release,
        predictor.classes,
        tally.confusion(),
        skipped=reader.skipped,
        left_out=reader.left_out,
        copies=reader.copies,
        cross_label=reader.cross_label,
        top_k=best.shares(),
        calibration=figures,
    )


class _Reader:
    """Chooses photos and decodes them; counts those that are not judged, by the reason why."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.skipped = 0
        self.left_out = 0
        self.copies = 0
        self.cross_label = 0

    def choose(self, photos: Path, seen: Seen) -> dict[str, list[Path]]:
        """Return the photos of each class that are to be judged, one of those with equal bytes.

        What lies beside the folders of the classes is skipped.
        """
        self.skipped += sum(not p.is_dir() and p.name[0] != "." for p in photos.iterdir())
        found: dict[str, dict[str, Path]] = {}
        for label in self._predictor.classes:
            for path in files_below(photos / label):
                try:
                    digest = hashlib.sha256(read_photo(path)).hexdigest()
                except PhotoError:
                    self.skipped += 1
                    continue
                if seen.has_bytes(digest):
                    self.left_out += 1
                elif label in found.setdefault(digest, {}):
                    self.copies += 1
                else:
                    found[digest][label] = path
        chosen: dict[str, list[Path]] = {label: [] for label in self._predictor.classes}
        for places in found.values():
            if len(places) > 1:
                self.cross_label += len(places)
                continue
            ((label, path),) = places.items()
            chosen[label].append(path)
        return chosen

    def batches(self, paths: Sequence[Path]) -> Iterator[NDArray[np.uint8]]:
        """Iterate over the tiles of photos: uint8 (n, size, size, 3), n above 0."""
        for start in range(0, len(paths), _BATCH):
            read = [self._tile(path) for path in paths[start : start + _BATCH]]
            tiles = [tile for tile in read if tile is not None]
            if tiles:
                yield np.stack(tiles)

    def _tile(self, path: Path) -> NDArray[np.uint8] | None:
        try:
            content = read_photo(path)
            return read_tile(content, self._predictor.image_size_px, self._predictor.resize)
        except PhotoError:
            self.skipped += 1
            return None
