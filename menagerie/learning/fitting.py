"""Training in the child process: build in a folder of one's own, publish by renaming it."""

import contextlib
import csv
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from menagerie.learning.folder import MODEL_FILE, Card, is_complete, sha256
from menagerie.learning.models import compiled
from menagerie.learning.plots import draw_curves
from menagerie.learning.samples import Release, Samples, open_release
from menagerie.recipe import Training

_BUILDING = ".building-"

Tell = Callable[[dict[str, Any]], None]


def fit(release_dir: Path, models: Path, model_id: str, training: Training, tell: Tell) -> None:
    """Train a model and publish it as `models/<model_id>`.

    `tell` is called at the end of each epoch.

    Raises:
        MissingReleaseError: the release is gone.
        TrainingError: its arrays cannot be used.
    """
    release = open_release(release_dir)
    samples = release.samples("train")
    with _building(models, model_id) as folder:
        model, history = _trained(release, samples, training, tell)
        model.save(folder / MODEL_FILE)
        _write_history(history, folder / "history.csv")
        draw_curves(history, folder / "curves.png")
        _card(model_id, release, training, folder).write(folder)
        _publish(folder, models / model_id)


def _trained(
    release: Release, samples: Samples, training: Training, tell: Tell
) -> tuple[Any, dict[str, list[float]]]:
    keras.utils.set_random_seed(training.seed)
    classes = len(release.classes)
    model, batch_size = compiled(training, release.image_size_px, classes, len(samples))
    history = model.fit(
        Batches(samples, classes, batch_size, training.seed),
        epochs=training.epochs,
        verbose=0,
        # The batches come in an order of their own; see `Batches`.
        shuffle=False,
        callbacks=[_Progress(training.epochs, tell)],
    )
    return model, history.history


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """Batches of a split from its memory map, shuffled anew each epoch by a seed.

    A batch is (tiles uint8 (n, size, size, 3), one-hot classes float32 (n, classes)).
    """

    def __init__(self, samples: Samples, classes: int, batch_size: int, seed: int) -> None:
        super().__init__()
        self._samples = samples
        self._classes = classes
        self._batch_size = batch_size
        self._random = np.random.default_rng(seed)
        self._order = self._random.permutation(len(samples))

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        start = index * self._batch_size
        # In file order, so that a cold disk is read forwards.
        rows = np.sort(self._order[start : start + self._batch_size])
        targets = np.eye(self._classes, dtype=np.float32)[self._samples.y[rows]]
        return self._samples.tiles(rows), targets

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self._order = self._random.permutation(len(self._order))


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    def __init__(self, epochs: int, tell: Tell) -> None:
        super().__init__()
        self._epochs = epochs
        self._tell = tell

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        figures = {name: float(value) for name, value in (logs or {}).items()}
        self._tell({"epoch": epoch + 1, "epochs": self._epochs, **figures})


def _write_history(history: dict[str, list[float]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "loss", "accuracy"])
        pairs = zip(history["loss"], history["accuracy"], strict=True)
        rows.writerows([epoch, *pair] for epoch, pair in enumerate(pairs, start=1))


def _card(model_id: str, release: Release, training: Training, folder: Path) -> Card:
    return Card(
        id=model_id,
        release=release.id,
        classes=release.classes,
        image_size_px=release.image_size_px,
        resize=release.resize,
        training=training.model_dump(mode="json"),
        sha256=sha256(folder / MODEL_FILE),
    )


@contextlib.contextmanager
def _building(models: Path, model_id: str) -> Iterator[Path]:
    """Give a folder to build in, named by this process; it is gone afterwards."""
    _remove_abandoned(models)
    folder = models / f"{_BUILDING}{model_id}-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(models: Path) -> None:
    for folder in models.glob(f"{_BUILDING}*"):
        if not _is_alive(int(folder.name.rpartition("-")[2])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _publish(folder: Path, final: Path) -> None:
    if final.exists():
        if is_complete(final):
            return
        # A damaged model of the same name makes room, out of sight and then for good.
        aside = folder.with_name(f"{_BUILDING}replaced-{os.getpid()}")
        final.rename(aside)
        folder.rename(final)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        folder.rename(final)
