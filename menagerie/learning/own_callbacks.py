"""Callbacks of the user's own, each behind one of ours that names it when it fails."""

from collections.abc import Callable
from typing import Any

import keras

from menagerie.errors import RecipeError, TrainingError
from menagerie.learning.dotted import blamed, find
from menagerie.learning.process import LOG
from menagerie.recipe import Training

_KEY = "training.callbacks"
_CURE = (
    f"Mend it ({LOG} tells where) and run the same command again, which goes on after the last"
    " epoch that was kept."
)
_ASKED = [name for name in dir(keras.callbacks.Callback) if name.startswith(("on_", "set_"))]


def own_callbacks(training: Training) -> list[Any]:
    """Make the callbacks that a recipe names.

    Raises:
        RecipeError: one cannot be imported, or makes no callback.
    """
    return [OwnCallback(_made(name), name) for name in training.callbacks]


def _made(name: str) -> Any:
    found = find(name, _KEY)
    with blamed(name, _KEY, "cannot be called"):
        callback = found()
    if not isinstance(callback, keras.callbacks.Callback):
        raise RecipeError(
            f"{_KEY} names {name!r}, which makes a {type(callback).__name__}. Name a"
            " keras.callbacks.Callback, or a function without arguments that returns one."
        )
    return callback


class OwnCallback(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Asks a callback that a recipe names.

    At the end of an epoch it may add figures; those that are there stay as they are.

    Raises:
        TrainingError: it fails, or adds what is no number.
    """

    def __init__(self, callback: keras.callbacks.Callback, name: str) -> None:
        super().__init__()
        self._callback = callback
        self._name = name
        for asked in set(_ASKED) - {"on_epoch_end"}:
            setattr(self, asked, self._guarded(asked))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Ask it, and take the figures that it adds."""
        logs = {} if logs is None else logs
        told = dict(logs)
        with self._blamed("on_epoch_end"):
            self._callback.on_epoch_end(epoch, told)
            added = {str(name): float(value) for name, value in told.items() if name not in logs}
        logs.update(added)

    def _guarded(self, asked: str) -> Callable[..., None]:
        ask = getattr(self._callback, asked)

        def guarded(*arguments: Any, **named: Any) -> None:
            with self._blamed(asked):
                ask(*arguments, **named)

        return guarded

    def _blamed(self, asked: str) -> Any:
        return blamed(self._name, _KEY, f"fails in {asked}", TrainingError, _CURE)
