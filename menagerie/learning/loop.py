"""The training loop: watched step by step, kept at each epoch's end, stopped when it must be."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from menagerie.errors import TrainingError
from menagerie.learning.checkpoint import Checkpoint, fits, read_checkpoint, write_checkpoint
from menagerie.learning.events import write_epoch
from menagerie.learning.own_callbacks import own_callbacks
from menagerie.learning.own_code import look_at_own
from menagerie.recipe import Training

Tell = Callable[[dict[str, Any]], None]
Logs = dict[str, Any]

_SECONDS_BETWEEN_REPORTS = 1.0


class Watch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Tells how far a training is, about once a second, and ends it when its loss is no number.

    `kept` says what is left of it then. `on_begin` is called with the number of each epoch,
    from 0, before its first batch is read.

    Raises:
        TrainingError: the loss is no number.
    """

    def __init__(
        self, training: Training, tell: Tell, kept: Path, on_begin: Callable[[int], None]
    ) -> None:
        super().__init__()
        self._training = training
        self._tell = tell
        self._kept = kept
        self._on_begin = on_begin
        self._epoch = self._steps_done = 0
        self._started = self._told = time.monotonic()

    def on_epoch_begin(self, epoch: int, _logs: Any = None) -> None:
        """Have the batches of this epoch put in their order."""
        self._epoch = epoch
        self._on_begin(epoch)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss, and tell about it if it is time."""
        figures = logs or {}
        self.refuse_no_number(float(figures.get("loss", 0.0)), batch + 1)
        now = time.monotonic()
        if self._steps_done == 0:
            # The first step builds the graph; what it took says nothing about the others.
            self._started = now
        self._steps_done += 1
        if now - self._told >= _SECONDS_BETWEEN_REPORTS:
            self._told = now
            self._report(figures, step=batch + 1, steps=self.params["steps"])

    def on_epoch_end(self, _epoch: int, logs: Logs | None = None) -> None:
        """Look at the losses, that of validation among them, and tell about them."""
        figures = logs or {}
        for name, value in figures.items():
            if name.endswith("loss"):
                self.refuse_no_number(float(value), self.params["steps"])
        self._report(figures)

    def refuse_no_number(self, loss: float, step: int) -> None:
        """Refuse a loss, or a sum of weights, that is no number, at a step counted from 1."""
        if np.isfinite(loss):
            return
        done = self._epoch
        kept = (
            f"the weights of epoch {done} are kept in {self._kept}" if done else "nothing is kept"
        )
        raise TrainingError(
            f"The loss is no number any more at step {step} of epoch {done + 1}; {kept}, and no"
            " model is published. Lower training.learning_rate (received"
            f" {self._training.learning_rate:g}), or name another training.model."
            f"{look_at_own(self._training)}"
        )

    def _report(self, figures: dict[str, Any], **where: int) -> None:
        steps, epochs = self.params["steps"], self._training.epochs
        done = self._epoch * steps + where.get("step", steps)
        timed = self._steps_done - 1
        pace = (time.monotonic() - self._started) / timed if timed else 0.0
        self._tell(
            {
                **{name: float(value) for name, value in figures.items()},
                **where,
                "epoch": self._epoch + 1,
                "epochs": epochs,
                "seconds_left": pace * (epochs * steps - done),
            }
        )


class Keeper(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keeps the state of a training at each epoch's end, and stops it when it gains no more.

    The last of all callbacks: what the others decide at the end of an epoch is kept, too.
    """

    def __init__(
        self, state: Checkpoint, path: Path, training: Training, logs: Path, watch: Watch
    ) -> None:
        super().__init__()
        self.state = state
        self._path = path
        self._patience = training.early_stopping_patience
        self._logs = logs
        self._watch = watch

    def restore(self, model: Any) -> None:
        """Give a model, built and compiled, what was kept; write the logs of earlier epochs."""
        for epoch, ended_at in enumerate(self.state.ended_at):
            figures = {name: values[epoch] for name, values in self.state.history.items()}
            told = {name: value for name, value in figures.items() if not np.isnan(value)}
            write_epoch(self._logs, epoch + 1, told, ended_at)
        if self.state.epochs_done:
            _assign(model.variables, self.state.variables)
            _assign(model.optimizer.variables, self.state.optimizer)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Keep the state, after the others had their say."""
        figures = {name: float(value) for name, value in (logs or {}).items()}
        history = longer(self.state.history, figures, epoch)
        ended_at = [*self.state.ended_at, time.time()]
        self.state = replace(self.state, epochs_done=epoch + 1, history=history, ended_at=ended_at)
        if self._patience:
            self._heed_validation(epoch + 1, history["val_loss"])
        self.state = replace(
            self.state,
            stopped=bool(self.model.stop_training),
            variables=_values(self.model.variables),
            optimizer=_values(self.model.optimizer.variables),
        )
        for weights in self.state.variables:
            # The last step's loss was taken before its weights were.
            self._watch.refuse_no_number(
                float(np.sum(weights, dtype=np.float64)), self.params["steps"]
            )
        write_checkpoint(self._path, self.state)
        write_epoch(self._logs, epoch + 1, figures, ended_at[-1])

    def on_train_end(self, _logs: Any = None) -> None:
        """Give the model its best weights back, where they were looked for."""
        if self.state.best:
            _assign(self.model.weights, self.state.best)

    def _heed_validation(self, epochs_done: int, losses: list[float]) -> None:
        if losses[-1] < min(losses[:-1], default=np.inf):
            best = _values(self.model.weights)
            self.state = replace(self.state, best_epoch=epochs_done, best=best)
        if epochs_done - self.state.best_epoch >= self._patience:
            self.model.stop_training = True


def longer(
    history: dict[str, list[float]], figures: dict[str, float], epochs_done: int
) -> dict[str, list[float]]:
    """Return a history with the figures of one more epoch, NaN where there is none."""
    nothing = [np.nan] * epochs_done
    names = [*history, *(name for name in figures if name not in history)]
    return {name: [*history.get(name, nothing), figures.get(name, np.nan)] for name in names}


def resumed(path: Path, made_by: str, model: Any, epochs: int, tell: Tell) -> Checkpoint:
    """Return the state that a compiled model's training goes on from; says so where it is none."""
    model.optimizer.build(model.trainable_variables)
    try:
        kept = read_checkpoint(path, made_by)
        if kept is not None and not fits(kept, model, epochs):
            raise ValueError("holds the weights of another network, or of more epochs")
    except ValueError as error:
        tell({"said": f"The checkpoint {path} {error}. The training starts afresh."})
        kept = None
    if kept is None:
        return Checkpoint(made_by, 0, {}, [])
    tell({"resumed": kept.epochs_done})
    return kept


def run(
    model: Any,
    batches: Any,
    validation: Any,
    training: Training,
    keeper: Keeper,
    watch: Watch,
    class_weights: dict[int, float] | None = None,
) -> None:
    """Train a compiled model from where its keeper's state is, to the last epoch."""
    keeper.restore(model)
    done = training.epochs if keeper.state.stopped else keeper.state.epochs_done
    model.fit(
        batches,
        validation_data=validation,
        initial_epoch=done,
        epochs=training.epochs,
        verbose=0,
        # The batches come in an order of their own.
        shuffle=False,
        class_weight=class_weights,
        callbacks=[watch, *own_callbacks(training), keeper],
    )


def _values(variables: Any) -> tuple[Any, ...]:
    return tuple(np.array(keras.ops.convert_to_numpy(variable)) for variable in variables)


def _assign(variables: Any, values: tuple[Any, ...]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
