"""A training that is cut off ends as if it had not been."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from menagerie.learning.backend import import_keras
from menagerie.learning.checkpoint import (
    Checkpoint,
    checkpoint_path,
    fits,
    read_checkpoint,
    write_checkpoint,
)
from menagerie.learning.fit import model_id, train
from menagerie.lifeline import start_child
from menagerie.progress import unwatched
from menagerie.recipe import Training
from tests.learning.builders import QUICK, release, write_manifest
from tests.learning.test_models import planned
from tests.processes import ended

# Dropout, augmentation, batch normalisation, a falling learning rate, validation, best weights.
EVERYTHING = Training(model="cnn", epochs=5, seed=5, early_stopping_patience=5, batch_size=16)

STATE = Checkpoint(
    "a by Keras",
    epochs_done=2,
    history={"loss": [0.5, 0.25]},
    ended_at=[1.0, 2.5],
    variables=(np.arange(6.0, dtype=np.float32).reshape(2, 3), np.array(7, np.uint32)),
    optimizer=(np.array(3, np.int64),),
)


def weights(model: Path) -> list[np.ndarray]:
    loaded = import_keras().saving.load_model(model / "model.keras", compile=False)
    return [np.asarray(weight) for weight in loaded.get_weights()]


def kill_in_epoch(release_dir: Path, models: Path, training: Training, epoch: int) -> list[int]:
    """Start the real child and kill it once it tells of an epoch's end; return where it began."""
    arguments = ["fit", "--release", str(release_dir), "--models", str(models)]
    arguments += ["--id", model_id(release_dir.name, training)]
    child = start_child(
        "menagerie.learning.child", [*arguments, "--training", training.model_dump_json()]
    )
    began: list[int] = []
    assert child.stdout is not None
    for line in child.stdout:
        message = json.loads(line)
        began += [message["resumed"]] if "resumed" in message else []
        if message.get("epoch") == epoch and "step" not in message:
            child.kill()
            break
    child.communicate()
    assert child.returncode == -9
    return began


def test_a_training_killed_in_three_epochs_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    folder = release(tmp_path)
    write_manifest(folder, [f"owner {row // 2}" for row in range(60)])
    (tmp_path / "cut/models").mkdir(parents=True)
    began = [kill_in_epoch(folder, tmp_path / "cut/models", EVERYTHING, n) for n in (2, 3, 5)]
    # Killed while an epoch's end is noted, it has that epoch's checkpoint or the one before.
    assert began[0] == []
    assert began[1][0] in {1, 2}
    assert began[2][0] in {2, 3}
    resumed = train(folder, tmp_path / "cut", EVERYTHING, unwatched)
    undisturbed = train(folder, tmp_path / "whole", EVERYTHING, unwatched)
    history = (undisturbed / "history.csv").read_text()
    assert (resumed / "history.csv").read_text() == history
    assert history.splitlines()[0] == "epoch,loss,accuracy,val_loss,val_accuracy"
    assert len(history.splitlines()) == 6
    pairs = zip(weights(resumed), weights(undisturbed), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert [p.name for p in resumed.parent.glob(".*")] == []


def test_a_checkpoint_says_what_was_written(tmp_path: Path) -> None:
    path = checkpoint_path(tmp_path, "a")
    write_checkpoint(path, STATE)
    write_checkpoint(path, replace(STATE, stopped=True))
    read = read_checkpoint(path, STATE.made_by)
    assert read is not None
    assert (read.epochs_done, read.history, read.ended_at) == (2, {"loss": [0.5, 0.25]}, [1.0, 2.5])
    assert (read.stopped, read.best) == (True, ())
    for mine, theirs in zip(read.variables, STATE.variables, strict=True):
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert read_checkpoint(checkpoint_path(tmp_path, "a"), STATE.made_by) is None


def test_a_checkpoint_of_other_inputs_is_refused(tmp_path: Path) -> None:
    path = checkpoint_path(tmp_path, "a")
    write_checkpoint(path, STATE)
    with pytest.raises(ValueError, match="belongs to a by Keras, not to b by Keras"):
        read_checkpoint(path, "b by Keras")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_checkpoint_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = checkpoint_path(tmp_path, "a")
    write_checkpoint(path, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match="is damaged"):
        read_checkpoint(path, STATE.made_by)


def test_a_checkpoint_with_one_byte_changed_is_refused(tmp_path: Path) -> None:
    path = checkpoint_path(tmp_path, "a")
    write_checkpoint(path, STATE)
    data = bytearray(path.read_bytes())
    data[data.index(np.float32(5.0).tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged"):
        read_checkpoint(path, STATE.made_by)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs_done": 3},
        {"epochs_done": -1},
        {"epochs_done": "x"},
        {"history": 5},
        {"history": {"loss": []}},
        {"history": {"accuracy": [0.5, 0.5]}},
        {"best_epoch": 3},
        {"variables": (np.array(["a"]),)},
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_refused(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    path = checkpoint_path(tmp_path, "a")
    write_checkpoint(path, replace(STATE, **wrong))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is damaged"):
        read_checkpoint(path, STATE.made_by)


def test_a_checkpoint_of_more_epochs_than_are_asked_for_is_not_used(tmp_path: Path) -> None:
    model = planned(tmp_path, {}).model
    model.optimizer.build(model.trainable_variables)
    arrays = [tuple(map(np.asarray, each)) for each in (model.variables, model.optimizer.variables)]
    kept = replace(STATE, variables=arrays[0], optimizer=arrays[1])
    assert (fits(kept, model, epochs=2), fits(kept, model, epochs=1)) == (True, False)
    assert not fits(replace(kept, best=arrays[0][:1]), model, epochs=2)


def test_a_training_with_a_damaged_checkpoint_starts_afresh_and_says_so(
    trained: Path, colours: Path, tmp_path: Path
) -> None:
    path = checkpoint_path(tmp_path / "models", trained.name)
    path.parent.mkdir()
    path.write_bytes(b"half a checkpoint")
    told: list[str] = []
    again = train(colours, tmp_path, QUICK, lambda _, note: told.append(note))
    assert "is damaged" in told[0]
    assert told[0].endswith("The training starts afresh.")
    assert (again / "history.csv").read_bytes() == (trained / "history.csv").read_bytes()
    assert not path.exists()


def test_a_checkpoint_that_nobody_wanted_for_a_month_is_cleared_away(
    colours: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    old, young = (checkpoint_path(models, name) for name in ("0123456789ab", "ba9876543210"))
    write_checkpoint(old, STATE)
    write_checkpoint(young, STATE)
    os.utime(old, (0, 0))
    train(colours, tmp_path, QUICK, unwatched)
    assert (old.exists(), young.exists()) == (False, True)


def test_equal_seeds_give_equal_weights(trained: Path, colours: Path, tmp_path: Path) -> None:
    again = train(colours, tmp_path, QUICK, unwatched)
    pairs = zip(weights(again), weights(trained), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_an_asked_child_keeps_its_checkpoint_and_leaves_nothing_half_built(
    colours: Path, tmp_path: Path
) -> None:
    """SIGTERM is what a cancelled flow run gets, whose workshop then ends its children."""
    program = (
        "import signal, sys; from pathlib import Path;"
        " from menagerie.learning.fit import train; from menagerie.learning.process import"
        " end_children; from menagerie.recipe import Training;"
        " signal.signal(signal.SIGTERM, lambda *_: end_children());"
        f" train(Path({str(colours)!r}), Path({str(tmp_path)!r}),"
        f" Training(model='mnist_cnn', epochs=9999),"
        " lambda steps, note: print(steps, flush=True))"
    )
    with ended(
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    ) as parent:
        assert parent.stdout is not None
        steps = 0
        while steps < 2:
            steps += int(parent.stdout.readline())
        parent.terminate()
        _, said = parent.communicate(timeout=60)
    assert "ended with status 143" in said
    names = sorted(p.name.partition("-")[0] for p in (tmp_path / "models").iterdir())
    assert names == [".checkpoint", "train.log"]
