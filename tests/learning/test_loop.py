"""What stops a training, and what is left of it then."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import RecipeError, TrainingError
from menagerie.learning.checkpoint import checkpoint_path, read_checkpoint
from menagerie.learning.fit import in_words, model_id, train
from menagerie.progress import unwatched
from menagerie.recipe import Training
from tests.learning.builders import LABELS, QUICK, release, write_manifest
from tests.learning.test_resume import weights

HERE = "tests.learning.callbacks"


def quick(**changes: object) -> Training:
    return Training.model_validate({**QUICK.model_dump(), **changes})


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let this process and its children write no more into one file, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_loss_that_is_no_number_stops_the_training_and_keeps_the_last_good_weights(
    tmp_path: Path,
) -> None:
    folder, training = release(tmp_path, train=300), quick(epochs=9, callbacks=[f"{HERE}.Spoil"])
    with pytest.raises(TrainingError, match="no number any more at step 2 of epoch 3") as failure:
        train(folder, tmp_path, training, unwatched)
    path = checkpoint_path(tmp_path / "models", model_id("r1", training))
    assert str(path) in str(failure.value)
    assert "Lower training.learning_rate (received 0.01)" in str(failure.value)
    with np.load(path) as archive:
        made_by = json.loads(archive["head"].tobytes())["made_by"]
    kept = read_checkpoint(path, made_by)
    assert kept is not None
    assert kept.epochs_done == 2
    assert all(np.isfinite(array).all() for array in kept.variables)
    assert not list((tmp_path / "models").glob("*/model.keras"))


def test_a_training_that_gains_no_more_stops_and_takes_its_best_weights(tmp_path: Path) -> None:
    folder = release(tmp_path)
    write_manifest(folder, [str(row) for row in range(60)])
    asked = {"validation_fraction": 0.2, "callbacks": [f"{HERE}.Worsen"]}
    stopped = train(
        folder, tmp_path / "a", quick(epochs=50, early_stopping_patience=1, **asked), unwatched
    )
    best = train(folder, tmp_path / "b", quick(epochs=2, **asked), unwatched)
    assert len((stopped / "history.csv").read_text().splitlines()) == 1 + 3
    pairs = zip(weights(stopped), weights(best), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "nowhere.Thing",
            "'nowhere.Thing', which cannot be imported: ModuleNotFoundError: No module",
        ),
        (f"{HERE}.NOT_A_CALLBACK", "which makes a dict. Name a keras.callbacks.Callback"),
    ],
)
def test_a_callback_that_cannot_be_used_is_refused(
    colours: Path, tmp_path: Path, name: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        train(colours, tmp_path, quick(callbacks=[name]), unwatched)


def test_a_release_of_one_class_is_refused(tmp_path: Path) -> None:
    folder = release(tmp_path)
    (folder / "classes.json").write_text('["red"]')
    with pytest.raises(TrainingError, match="has 1 class; telling photos apart takes two"):
        train(folder, tmp_path, QUICK, unwatched)


def test_a_release_of_three_photos_is_refused(tmp_path: Path) -> None:
    folder = release(tmp_path, train=3)
    with pytest.raises(TrainingError, match=f"1 photos of '{LABELS[0]}' to train on"):
        train(folder, tmp_path, QUICK, unwatched)


def test_arrays_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    path = release(tmp_path) / "x_train.npy"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(TrainingError, match=r"x_train\.npy cannot be read"):
        train(path.parent, tmp_path, QUICK, unwatched)


def test_a_full_disk_is_said_and_nothing_half_written_stays(colours: Path, tmp_path: Path) -> None:
    with (
        files_of_at_most(100_000),
        pytest.raises(TrainingError, match=r"models cannot be written: File too large\. Free some"),
    ):
        train(colours, tmp_path, QUICK, unwatched)
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["train.log"]


def test_what_stands_in_the_way_of_a_checkpoint_is_said(colours: Path, tmp_path: Path) -> None:
    name = model_id(colours.name, QUICK)
    checkpoint_path(tmp_path / "models", name).mkdir(parents=True)
    with pytest.raises(TrainingError, match=r"written: Is a directory\. See that it can be"):
        train(colours, tmp_path, QUICK, unwatched)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (119, "119 s"), (150, "2 min"), (9000, "2 h")]
)
def test_what_is_left_is_said_in_a_fitting_unit(seconds: float, said: str) -> None:
    assert in_words(seconds) == said
