"""Asking a trained model."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import TrainingError
from menagerie.learning.backend import import_keras
from menagerie.learning.folder import CARD_FILE, MODEL_FILE, champion, read_card, sha256

__all__ = ["Predictor", "champion"]

_BATCH = 256


class Predictor:
    """A trained model, ready to be asked. Several threads may ask at once.

    Raises:
        MissingModelError: the folder holds no model.
        TrainingError: its model cannot be loaded.
    """

    def __init__(self, model_dir: Path) -> None:
        card = read_card(model_dir)
        path = model_dir / MODEL_FILE
        if sha256(path) != card.sha256:
            raise TrainingError(
                f"{path} is damaged: its bytes are not those that training wrote."
                " Run `menagerie train`, which trains it anew."
            )
        self.id = card.id
        self.release = card.release
        self.classes = card.classes
        self.image_size_px = card.image_size_px
        self.resize = card.resize
        self._model = _load(path)
        shapes = (*self._model.input_shape, *self._model.output_shape)
        if shapes != (None, card.image_size_px, card.image_size_px, 3, None, len(card.classes)):
            raise TrainingError(
                f"{path} and {CARD_FILE} beside it do not belong together: the model has the"
                f" shapes {shapes}. Run `menagerie train`, which trains it anew."
            )
        # Keras makes its compiled function at the first call, which two threads must not race for.
        self._lock = threading.Lock()

    def probabilities(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the probability of each class for tiles (n, size, size, 3): float32 (n, classes).

        Raises:
            ValueError: the tiles have another shape or type.
        """
        shape = (len(tiles), self.image_size_px, self.image_size_px, 3)
        if tiles.shape != shape or tiles.dtype != np.uint8:
            raise ValueError(f"tiles must be uint8 {shape}; received {tiles.dtype} {tiles.shape}")
        answers = np.zeros((len(tiles), len(self.classes)), np.float32)
        for start in range(0, len(tiles), _BATCH):
            batch = tiles[start : start + _BATCH]
            with self._lock:
                answers[start : start + len(batch)] = self._model.predict_on_batch(batch)
        return answers


def _load(path: Path) -> Any:
    keras = import_keras()
    try:
        # safe_mode refuses the pickled Python that a model file can carry.
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its zip, JSON and HDF5 readers stumble on.
        raise TrainingError(
            f"{path} cannot be loaded: {str(error).splitlines()[0] if str(error) else error!r}"
            " Run `menagerie train` again."
        ) from error
