"""Callbacks that recipes of tests name: they do to a training what chance would."""

import signal
import sys
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


class Tells(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds a figure of its own to the second epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            logs["extra"] = 1


class Clears(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes all figures away."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs.clear()


class TellsWords(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds a figure that is none."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["rate"] = "high"


class SpoilsAtTheEnd(keras.callbacks.Callback):  # type: ignore[misc]
    """Leaves weights that are no numbers."""

    def on_train_end(self, logs: Any = None) -> None:
        self.model.set_weights([weight * np.nan for weight in self.model.get_weights()])


class MayNotWrite(keras.callbacks.Callback):  # type: ignore[misc]
    """Fails as where it has no rights."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        raise PermissionError(13, "Permission denied", "/elsewhere")


class Leaves(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the process."""

    def on_train_begin(self, logs: Any = None) -> None:
        sys.exit(0)
