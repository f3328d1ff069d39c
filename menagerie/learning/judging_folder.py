"""Judging a model on a folder of photos, in the child process."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import PhotoError
from menagerie.learning.calibration import read_calibration, scaled
from menagerie.learning.evaluate import is_photo
from menagerie.learning.exposure import Seen
from menagerie.learning.metrics import Metrics, Tally
from menagerie.learning.predict import Predictor
from menagerie.learning.reliability import Best, Rejection, Reliability
from menagerie.photos.decode import read_tile

_BATCH = 256


def judge_folder(model_dir: Path, photos: Path) -> Metrics:
    """Judge a model on a folder of class sub-folders; see `evaluate.evaluate_folder`."""
    predictor, calibration = Predictor(model_dir), read_calibration(model_dir)
    reader = _Reader(predictor, Seen(model_dir))
    classes = len(predictor.classes)
    tally, best, rejection = Tally(classes), Best(classes), Rejection()
    plain, honest = Reliability(), Reliability()
    for number, label in enumerate(predictor.classes):
        for tiles in reader.batches(photos / label):
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
        top_k=best.shares(),
        calibration=figures,
    )


class _Reader:
    """Decodes photos; counts those that cannot be used and those that the model was trained on."""

    def __init__(self, predictor: Predictor, seen: Seen) -> None:
        self._predictor = predictor
        self._seen = seen
        self.skipped = 0
        self.left_out = 0

    def batches(self, folder: Path) -> Iterator[NDArray[np.uint8]]:
        """Iterate over the tiles of a folder's photos: uint8 (n, size, size, 3), n above 0."""
        paths = sorted(path for path in folder.glob("*") if is_photo(path))
        for start in range(0, len(paths), _BATCH):
            read = [self._tile(path) for path in paths[start : start + _BATCH]]
            tiles = [tile for tile in read if tile is not None]
            if tiles:
                yield np.stack(tiles)

    def _tile(self, path: Path) -> NDArray[np.uint8] | None:
        try:
            content = path.read_bytes()
            if self._seen.has_bytes(hashlib.sha256(content).hexdigest()):
                self.left_out += 1
                return None
            return read_tile(content, self._predictor.image_size_px, self._predictor.resize)
        except (PhotoError, OSError):
            self.skipped += 1
            return None
