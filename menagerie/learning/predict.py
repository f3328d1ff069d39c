"""Asking a trained model."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.cores import usable_cores
from menagerie.errors import PhotoError, TrainingError
from menagerie.learning.asking import Ask, quick
from menagerie.learning.calibration import Calibration, read_calibration, scaled
from menagerie.learning.folder import CARD_FILE, MODEL_FILE, champion, read_card, refuse_damaged
from menagerie.learning.loading import load_model
from menagerie.learning.penultimate import penultimate
from menagerie.photos.decode import read_tile

__all__ = ["Prediction", "Predictor", "champion"]

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a photo: probabilities by class, best first.

    `label` is None when it is not sure enough to name a class.
    """

    probabilities: dict[str, float]
    label: str | None

    @property
    def probability(self) -> float:
        """The probability of the best class, whether it was named or not."""
        return next(iter(self.probabilities.values()))


class Predictor:
    """A trained model, loaded once and ready to be asked. Several threads may ask at once.

    `threshold` takes the place of the model's own: how probable a class must be to be named.

    Raises:
        MissingModelError: the folder holds no model.
        TrainingError: its model cannot be loaded.
    """

    def __init__(self, model_dir: Path, threshold: float | None = None) -> None:
        card = read_card(model_dir)
        refuse_damaged(model_dir, card)
        path = model_dir / MODEL_FILE
        self.id = card.id
        self.release = card.release
        self.classes = card.classes
        self.image_size_px = card.image_size_px
        self.resize = card.resize
        self._folder, self._threshold = model_dir, threshold
        self._model = load_model(path)
        shapes = (*self._model.input_shape, *self._model.output_shape)
        if shapes != (None, card.image_size_px, card.image_size_px, 3, None, len(card.classes)):
            raise TrainingError(
                f"{path} and {CARD_FILE} beside it do not belong together: the model has the"
                f" shapes {shapes}. Run `menagerie train`, which trains it anew."
            )
        self._ask: Ask = self._ask_keras
        # Keras makes its compiled function at the first call, which two threads must not race for.
        self._lock = threading.Lock()

    def quicken(self) -> None:
        """Spend a second on making all later answers cheaper; worth it for a server alone."""
        with self._lock:
            self._ask = quick(self._model) or self._ask_keras

    def _ask_keras(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._lock:
            answers: NDArray[np.float32] = self._model.predict_on_batch(tiles)
        return answers

    def probabilities(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the probability of each class for tiles (n, size, size, 3): float32 (n, classes).

        They are the model's own; its temperature is not applied.

        Raises:
            ValueError: the tiles have another shape or type.
            TrainingError: the model answers with what is no number.
        """
        shape = (len(tiles), self.image_size_px, self.image_size_px, 3)
        if tiles.shape != shape or tiles.dtype != np.uint8:
            raise ValueError(f"tiles must be uint8 {shape}; received {tiles.dtype} {tiles.shape}")
        answers = np.zeros((len(tiles), len(self.classes)), np.float32)
        for start in range(0, len(tiles), _BATCH):
            batch = tiles[start : start + _BATCH]
            answers[start : start + len(batch)] = self._ask(batch)
        if not np.isfinite(answers).all():
            raise TrainingError(
                f"The model {self.id} in {self._folder} answers with what is no number: some of its"
                " weights are too large. Train another with a lower training.learning_rate."
            )
        return answers

    def features(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return what the model sees on tiles (n, size, size, 3): float32 (n, features).

        Each row has the length 1, so that the product of two tells how much alike they are. None
        if the network has no such values.
        """
        eye = self._eye
        if eye is None:
            return None
        with self._lock:
            seen: NDArray[np.float32] = np.asarray(eye.predict_on_batch(tiles), np.float32)
        lengths = np.linalg.norm(seen, axis=1, keepdims=True).astype(np.float32)
        alike: NDArray[np.float32] = seen / np.maximum(lengths, np.float32(1e-12))
        return alike

    @cached_property
    def _eye(self) -> Any | None:
        with self._lock:
            return penultimate(self._model)

    @cached_property
    def calibration(self) -> Calibration:
        """Temperature and threshold; read late, since judging a model is what writes them."""
        found = read_calibration(self._folder) or Calibration()
        return found if self._threshold is None else replace(found, threshold=self._threshold)

    def predictions(self, tiles: NDArray[np.uint8]) -> list[Prediction]:
        """Say what is on tiles (n, size, size, 3), with temperature and threshold applied.

        Raises:
            TrainingError: the model's `calibration.json` cannot be used, or its answers are no
                numbers.
        """
        rows = scaled(self.probabilities(tiles), self.calibration.temperature)
        return [self._prediction(row) for row in rows.tolist()]

    def predict(self, photo: bytes) -> Prediction:
        """Say what is on a photo, from its bytes.

        Raises:
            PhotoError: it cannot be used; see `menagerie.photos.decode`.
        """
        return self.predictions(read_tile(photo, self.image_size_px, self.resize)[None])[0]

    def predict_all(self, photos: Iterable[bytes]) -> Iterator[Prediction | PhotoError]:
        """Say what is on photos, in batches; one that cannot be used costs the others nothing.

        They are decoded by as many threads as there are processors.
        """
        waiting = iter(photos)
        # Decoders release the interpreter lock.
        with ThreadPoolExecutor(usable_cores(), thread_name_prefix="decode") as threads:
            while batch := list(islice(waiting, _BATCH)):
                yield from self._outcomes(list(threads.map(self._tile, batch)))

    def _tile(self, photo: bytes) -> NDArray[np.uint8] | PhotoError:
        try:
            return read_tile(photo, self.image_size_px, self.resize)
        except PhotoError as error:
            return error

    def _outcomes(
        self, waiting: Sequence[NDArray[np.uint8] | PhotoError]
    ) -> Iterator[Prediction | PhotoError]:
        tiles = [one for one in waiting if not isinstance(one, PhotoError)]
        found = iter(self.predictions(np.stack(tiles)) if tiles else ())
        return (one if isinstance(one, PhotoError) else next(found) for one in waiting)

    def _prediction(self, row: Sequence[float]) -> Prediction:
        pairs = sorted(zip(self.classes, row, strict=True), key=lambda pair: -pair[1])
        label, best = pairs[0]
        return Prediction(dict(pairs), label if best >= self.calibration.threshold else None)
