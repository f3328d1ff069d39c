"""Judging a model on a folder of photos, in the child process."""

import hashlib
import heapq
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import PhotoError
from menagerie.folders import files_below, whole_file
from menagerie.learning.calibration import read_calibration, scaled
from menagerie.learning.exposure import Seen
from menagerie.learning.folder import read_card
from menagerie.learning.metrics import Metrics, Tally
from menagerie.learning.plots import draw_confusion, draw_reliability
from menagerie.learning.predict import Predictor
from menagerie.learning.reliability import Best, Rejection, Reliability
from menagerie.learning.report import Example, folder_page
from menagerie.names import shown_name
from menagerie.photos.decode import read_tile
from menagerie.photos.tile_child import read_photo
from menagerie.terms import SHEET_PHOTOS

_BATCH = 256


def judge_folder(model_dir: Path, photos: Path, page: Path | None = None) -> Metrics:
    """Judge a model on a folder of class sub-folders; see `evaluate.evaluate_folder`."""
    predictor, calibration = Predictor(model_dir), read_calibration(model_dir)
    reader = _Reader(predictor)
    chosen = reader.choose(photos, Seen(model_dir))
    classes = len(predictor.classes)
    tally, best, rejection = Tally(classes), Best(classes), Rejection()
    plain, honest = Reliability(), Reliability()
    looked_at = _LookedAt(photos, predictor.classes)
    for number, label in enumerate(predictor.classes):
        for paths, tiles in reader.batches(chosen[label]):
            probabilities = predictor.probabilities(tiles)
            predicted, true = probabilities.argmax(axis=1), np.full(len(tiles), number)
            right = predicted == true
            tally.add(true, predicted)
            best.add(true, probabilities)
            plain.add(probabilities.max(axis=1), right)
            sure = probabilities.max(axis=1)
            if calibration is not None:
                sure = scaled(probabilities, calibration.temperature).max(axis=1)
                honest.add(sure, right)
                rejection.add(sure, right, calibration.threshold)
            looked_at.add(paths, tiles, number, predicted, sure)
    figures = {"ece": plain.error}
    curves = {"as it comes": plain}
    if calibration is not None:
        curves["scaled"] = honest
        figures |= {
            "ece_scaled": honest.error,
            "temperature": calibration.temperature,
            "threshold": calibration.threshold,
            "answered": rejection.answered,
            "accuracy_answered": rejection.accuracy,
        }
    metrics = Metrics(
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
        mistakes=tuple(
            {
                "photo": example.photo,
                "label": example.true,
                "predicted": example.predicted,
                "probability": example.sure,
            }
            for example in looked_at.mistakes
        ),
    )
    if page is not None and metrics.samples:
        _write_page(page, model_dir, photos, metrics, curves, looked_at)
    return metrics


def _write_page(
    page: Path,
    model_dir: Path,
    photos: Path,
    metrics: Metrics,
    curves: Mapping[str, Reliability],
    looked_at: "_LookedAt",
) -> None:
    with tempfile.TemporaryDirectory(prefix="menagerie-") as folder:
        pictures = {name: Path(folder, f"{name}.png") for name in ("confusion", "calibration")}
        draw_confusion(metrics.confusion, metrics.classes, pictures["confusion"])
        draw_reliability(curves, pictures["calibration"])
        examples = {"mistakes": looked_at.mistakes, "unsure": looked_at.unsure}
        text = folder_page(read_card(model_dir), photos, metrics, examples, pictures)
    with whole_file(page) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


class _LookedAt:
    """Keeps the photos that a person should look at: surest mistakes, and least sure answers."""

    def __init__(self, photos: Path, classes: Sequence[str]) -> None:
        self._photos, self._classes = photos, classes
        self._worst: list[tuple[float, int, Example]] = []
        self._unsure: list[tuple[float, int, Example]] = []
        self._count = 0

    def add(
        self,
        paths: Sequence[Path],
        tiles: NDArray[np.uint8],
        true: int,
        predicted: NDArray[np.int64],
        sure: NDArray[np.float32],
    ) -> None:
        """Look through a batch of one class."""
        found = []
        for path, tile, taken, share in zip(
            paths, tiles, predicted.tolist(), sure.tolist(), strict=True
        ):
            names = self._classes[true], self._classes[taken]
            photo = shown_name(str(path.relative_to(self._photos)))
            example = Example(self._count, *names, share, tile, photo)
            found.append((share, self._count, example))
            self._count += 1
        wrong = [one for one in found if one[2].true != one[2].predicted]
        self._worst = heapq.nlargest(SHEET_PHOTOS, [*self._worst, *wrong])
        self._unsure = heapq.nsmallest(SHEET_PHOTOS, [*self._unsure, *found])

    @property
    def mistakes(self) -> list[Example]:
        """Photos taken for another class, the surest first."""
        return [example for _, _, example in self._worst]

    @property
    def unsure(self) -> list[Example]:
        """Photos whose best class is the least probable, right or wrong."""
        return [example for _, _, example in self._unsure]


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

    def batches(self, paths: Sequence[Path]) -> Iterator[tuple[Sequence[Path], NDArray[np.uint8]]]:
        """Iterate over photos and their tiles: uint8 (n, size, size, 3), n above 0."""
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            tiles = {path: tile for path in batch if (tile := self._tile(path)) is not None}
            if tiles:
                yield list(tiles), np.stack(list(tiles.values()))

    def _tile(self, path: Path) -> NDArray[np.uint8] | None:
        try:
            content = read_photo(path)
            return read_tile(content, self._predictor.image_size_px, self._predictor.resize)
        except PhotoError:
            self.skipped += 1
            return None
