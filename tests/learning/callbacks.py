"""Callbacks that recipes of tests name: they do to a training what chance would."""

import signal
from typing import Any

import keras
import numpy as np


class Spoil(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Lets the weights burst in the second step of the third epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if (self._epoch, batch) == (2, 1):
            self.model.set_weights([weight * np.nan for weight in self.model.get_weights()])


class Worsen(keras.callbacks.Callback):  # type: ignore[misc]
    """Turns the signs of all weights before the third epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            self.model.set_weights([-weight for weight in self.model.get_weights()])


class Deaf(keras.callbacks.Callback):  # type: ignore[misc]
    """Does not end when it is asked to."""

    def on_train_begin(self, logs: Any = None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


NOT_A_CALLBACK = dict
