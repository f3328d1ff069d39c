"""Training in the child process: build in a folder of one's own, publish by renaming it."""

import csv
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from menagerie.errors import TrainingError
from menagerie.folders import has_no_room
from menagerie.learning.accelerator import keep_single_precision, use_mixed_precision
from menagerie.learning.building import building, model_built_in, publish
from menagerie.learning.checkpoint import checkpoint_path, remove_checkpoint
from menagerie.learning.exposure import write_seen
from menagerie.learning.folder import MODEL_FILE, SEEN_FILE, Card, sha256
from menagerie.learning.loop import Keeper, Tell, Watch, resumed, run
from menagerie.learning.own_code import look_at_own
from menagerie.learning.planning import Task, plan
from menagerie.learning.plots import draw_curves
from menagerie.learning.samples import Release, Samples, open_release
from menagerie.learning.validation import hold_out
from menagerie.recipe import Training


def fit(release_dir: Path, models: Path, model_id: str, training: Training, tell: Tell) -> None:
    """Train a model and publish it as `models/<model_id>`.

    It goes on where a training of that model was cut off. `tell` is called about once a second
    and at the end of each epoch, see `menagerie.learning.loop`, and before the first one with a
    `note` of what takes long.

    Raises:
        MissingReleaseError: the release is gone.
        RecipeError: a callback of the recipe cannot be used.
        TrainingError: its arrays cannot be used, the loss is no number, or the folder of the
            models cannot be written.
    """
    release = open_release(release_dir)
    samples = release.samples("train")
    try:
        with building(models, model_id) as folder:
            model, history = _trained(release, samples, training, tell, folder)
            _refuse_no_numbers(model, training)
            keep_single_precision(model)
            model.save(folder / MODEL_FILE)
            _write_history(history, folder / "history.csv")
            draw_curves(history, folder / "curves.png")
            write_seen(release_dir, folder / SEEN_FILE)
            _card(model_id, release, training, folder).write(folder)
            publish(folder, models / model_id)
    except FileNotFoundError:
        raise  # Somebody took a file away; no room on the disk would help.
    except OSError as error:
        remedy = "Free some space there" if has_no_room(error) else "See that it can be written to"
        raise TrainingError(
            f"{models} cannot be written: {error.strerror or error}. {remedy}, and run the same"
            " command again, which goes on after the last epoch that was kept."
        ) from None
    remove_checkpoint(checkpoint_path(models, model_id))


def _trained(
    release: Release, samples: Samples, training: Training, tell: Tell, folder: Path
) -> tuple[Any, dict[str, list[float]]]:
    keras.utils.set_random_seed(training.seed)
    use_mixed_precision()
    rows, watched = hold_out(release, samples, training.held_out, training.seed)
    classes = len(release.classes)

    def feed(samples: Samples, batch_size: int) -> Batches:
        return Batches(samples, rows, classes, batch_size, training.seed)

    def note(text: str) -> None:
        tell({"note": text})

    planned = plan(Task(training, release.id, samples, rows, classes, feed, folder.parent, note))
    model, batches = planned.model, feed(planned.samples, planned.batch_size)
    watching = Batches(planned.samples, watched, classes, planned.batch_size)
    validation = watching if len(watched) else None
    model_id = model_built_in(folder)
    path = checkpoint_path(folder.parent, model_id)
    state = resumed(path, f"{model_id} by {_made_by()}", model, training.epochs, tell)
    watch = Watch(training, tell, path, batches.begin)
    keeper = Keeper(state, path, training, folder / "logs", watch)
    run(model, batches, validation, training, keeper, watch, planned.class_weights)
    return planned.published, keeper.state.history


def _refuse_no_numbers(model: Any, training: Training) -> None:
    """Look at the weights once more: callbacks may change them when a training ends."""
    if not all(np.isfinite(keras.ops.convert_to_numpy(each)).all() for each in model.weights):
        raise TrainingError(
            "Weights are no numbers any more at the end of the training, and no model is"
            f" published. Lower training.learning_rate (received {training.learning_rate:g})."
            f"{look_at_own(training)}"
        )


def _made_by() -> str:
    return f"Keras {keras.__version__} on {keras.backend.backend()}"


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """Batches of some rows of a split, read from its memory map when they are due.

    With a seed they are shuffled, and their order follows from the seed and the number of the
    epoch alone; without one they come in order. A batch is (tiles uint8 (n, size, size, 3),
    one-hot classes float32 (n, classes)).
    """

    def __init__(
        self,
        samples: Samples,
        rows: NDArray[np.int64],
        classes: int,
        batch_size: int,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self._samples = samples
        self._rows = self._order = rows
        self._classes = classes
        self._batch_size = batch_size
        self._seed = seed

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        start = index * self._batch_size
        # In file order, so that a cold disk is read forwards.
        rows = np.sort(self._order[start : start + self._batch_size])
        targets = np.eye(self._classes, dtype=np.float32)[self._samples.y[rows]]
        return self._samples.tiles(rows), targets

    def begin(self, epoch: int) -> None:
        """Shuffle for an epoch, numbered from 0; Keras opens its iterator after that."""
        if self._seed is not None:
            self._order = np.random.default_rng([self._seed, epoch]).permutation(self._rows)


def _write_history(history: dict[str, list[float]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        names = sorted(history, key=_place)
        rows.writerow(["epoch", *names])
        columns = zip(*(history[name] for name in names), strict=True)
        for epoch, figures in enumerate(columns, start=1):
            rows.writerow([epoch, *("" if np.isnan(value) else value for value in figures)])


def _place(name: str) -> tuple[bool, bool, str]:
    """Order figures: of train before those of validation, the loss before the others."""
    return name.startswith("val_"), not name.endswith("loss"), name


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
