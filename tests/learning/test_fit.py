import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import HomeError, MissingReleaseError, RecipeError, TrainingError
from menagerie.learning.fit import model_id, train
from menagerie.learning.process import run_child
from menagerie.progress import unwatched
from menagerie.recipe import Training
from tests.learning.builders import LABELS, QUICK, release
from tests.processes import ended, is_alive, wait_until


def test_the_same_inputs_name_the_same_model() -> None:
    assert model_id("r1", QUICK) == model_id("r1", QUICK.model_copy())
    assert re.fullmatch("[0-9a-f]{12}", model_id("r1", QUICK))


def test_other_inputs_name_another_model() -> None:
    others = [model_id("r2", QUICK)]
    changes: list[dict[str, object]] = [{"seed": 6}, {"epochs": 3}, {"model": "cnn"}]
    others += [model_id("r1", QUICK.model_copy(update=change)) for change in changes]
    assert len({model_id("r1", QUICK), *others}) == 5


def test_a_model_folder_says_where_the_model_comes_from(trained: Path) -> None:
    card = json.loads((trained / "model.json").read_text())
    assert {p.name for p in trained.iterdir()} == {
        "model.keras", "model.json", "seen.npy", "history.csv", "curves.png", "logs",
    }  # fmt: skip
    assert (card["release"], tuple(card["classes"])) == ("r1", LABELS)
    assert (card["image_size_px"], card["resize"]) == (16, "crop")
    assert Training.model_validate(card["training"]) == QUICK


def test_a_damaged_model_is_trained_again_and_an_equal_seed_gives_an_equal_history(
    trained: Path, colours: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, str]] = []
    damaged = tmp_path / "models" / trained.name
    damaged.mkdir(parents=True)
    (damaged / "model.keras").write_text("cut off")
    again = train(colours, tmp_path, QUICK, lambda steps, note: told.append((steps, note)))
    assert (again / "history.csv").read_bytes() == (trained / "history.csv").read_bytes()
    assert sorted(p.name for p in again.parent.iterdir()) == [trained.name, "train.log"]
    assert [steps for steps, _ in told if steps] == [1, 1]
    assert re.fullmatch(r"loss \d\.\d\d accuracy \d\.\d\d", told[-1][1])


def test_a_finished_training_is_not_run_again(trained: Path, colours: Path) -> None:
    before = (trained.parent / "train.log").stat().st_mtime_ns
    folder = train(colours, trained.parents[1], QUICK, unwatched)
    assert folder == trained
    assert (trained.parent / "train.log").stat().st_mtime_ns == before


def test_a_killed_parent_takes_its_child_along_and_the_next_run_succeeds(
    colours: Path, tmp_path: Path
) -> None:
    long = QUICK.model_copy(update={"epochs": 60})
    program = (
        "from pathlib import Path; from menagerie.learning.fit import train;"
        " from menagerie.recipe import Training;"
        f" train(Path({str(colours)!r}), Path({str(tmp_path)!r}),"
        f" Training.model_validate_json({long.model_dump_json()!r}),"
        " lambda steps, note: print(steps, note, flush=True))"
    )
    with ended(subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)) as parent:
        assert parent.stdout is not None
        # Epochs that ended, and reports in between, which count for none.
        done = 0
        while done < 2:
            done += int(parent.stdout.readline().split()[0])
        (building,) = (tmp_path / "models").glob(".building-*")
    wait_until(lambda: not is_alive(int(building.name.rpartition("-")[2])))
    assert list((tmp_path / "models").glob(".checkpoint-*.npz"))
    assert not list((tmp_path / "models").glob("*/model.keras"))

    assert (train(colours, tmp_path, long, unwatched) / "model.keras").is_file()
    assert not list((tmp_path / "models").glob(".checkpoint-*"))
    assert not building.exists()


def interrupt(_steps: int, _note: str) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_training_ends_its_child_and_leaves_no_folder(
    colours: Path, tmp_path: Path
) -> None:
    abandoned = tmp_path / "models" / f".building-0123456789ab-{2**22 + 1}"
    abandoned.mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt):
        train(colours, tmp_path, QUICK.model_copy(update={"epochs": 9999}), interrupt)
    # An epoch may have ended meanwhile, whose checkpoint is kept.
    assert not list((tmp_path / "models").glob(".building-*"))


def test_a_child_that_has_to_be_killed_leaves_no_folder(colours: Path, tmp_path: Path) -> None:
    asked = {"epochs": 9999, "callbacks": ("tests.learning.callbacks.Deaf",)}
    with pytest.raises(KeyboardInterrupt):
        train(colours, tmp_path, QUICK.model_copy(update=asked), interrupt)
    # An epoch may have ended meanwhile, whose checkpoint is kept.
    assert not list((tmp_path / "models").glob(".building-*"))


def test_a_failed_child_is_quoted_and_its_log_named(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    with pytest.raises(TrainingError, match="invalid choice: 'dance'") as failure:
        run_child(["dance"], log, lambda message: None)
    assert str(log) in str(failure.value)


def test_a_missing_release_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingReleaseError, match="nowhere"):
        train(tmp_path / "nowhere", tmp_path, QUICK, unwatched)


def test_arrays_that_do_not_fit_are_refused_before_any_training(tmp_path: Path) -> None:
    folder = release(tmp_path)
    np.save(folder / "y_train.npy", np.zeros(59, np.int64))
    with pytest.raises(TrainingError, match=r"\(60, 16, 16, 3\) where uint8 \(59, 16, 16, 3\)"):
        train(folder, tmp_path, QUICK, unwatched)
    assert not (tmp_path / "models").exists()


def test_a_file_in_the_place_of_the_models_is_said_so(colours: Path, tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    with pytest.raises(HomeError, match=r"models cannot be written: File exists\. Free it"):
        train(colours, tmp_path, QUICK, unwatched)


def test_images_too_small_for_a_network_are_refused(tmp_path: Path) -> None:
    folder = release(tmp_path)
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("16", "8"))
    with pytest.raises(RecipeError, match="'cifar_cnn' needs images of 10 px"):
        train(folder, tmp_path, Training(model="cifar_cnn"), unwatched)
