"""From a trained model to a champion, with the real judging child."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import CallError, TrainingError
from menagerie.learning.answers import ask
from menagerie.learning.calibration import read_calibration
from menagerie.learning.champions import champion_id, changes, roll_back
from menagerie.learning.contest import judge_newest
from menagerie.learning.evaluate import evaluate_folder, evaluate_release, read_metrics
from menagerie.learning.fit import model_id
from menagerie.learning.folder import read_card
from menagerie.learning.judging import judge_release
from menagerie.learning.matching import Rival, compare
from menagerie.learning.predict import Predictor
from menagerie.learning.samples import open_release
from menagerie.recipe import Training
from tests.learning.builders import (
    QUICK,
    RED_ONLY,
    RIGHT,
    SIZE_PX,
    colour_model,
    manifest,
    photo,
    release,
)


def training(seed: int, promotion: str = "not-worse") -> Training:
    return Training.model_validate(
        {**QUICK.model_dump(), "seed": seed, "promotion": promotion, "reject_error": 0.05}
    )


def add_model(dataset: Path, seed: int, weights: tuple[tuple[float, ...], ...]) -> str:
    """Write the model that a training of release r1 with this seed would have made."""
    name = model_id("r1", training(seed))
    colour_model(dataset, name, "r1", weights)
    return name


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a good model, which is champion, and a newer bad one, which is not."""
    dataset = tmp_path_factory.mktemp("contest") / "animals"
    folder = release(dataset / "releases")
    licenses = ["cc-by-2.0", "cc0-1.0"] * 15
    owners = [f"{row % 10}@N01" for row in range(30)]
    test, train = [f"t{row}" for row in range(30)], [str(row) for row in range(60)]
    manifest(folder, train, test, owner=owners, license=licenses)
    good, bad = add_model(dataset, 1, RIGHT), add_model(dataset, 2, RED_ONLY)
    first = judge_newest(dataset, folder, training(1))
    assert (first.is_champion, first.why) == (True, "there was no champion")
    second = judge_newest(dataset, folder, training(2))
    assert not second.is_champion
    assert "names 0 rightly that the champion" in second.why
    assert (dataset / "models" / bad / "comparison.json").is_file()
    assert champion_id(dataset) == good
    return dataset


@pytest.fixture
def dataset(judged: Path, tmp_path: Path) -> Path:
    """The judged dataset, to do with as one likes."""
    shutil.copytree(judged, tmp_path / "animals", symlinks=True)
    return tmp_path / "animals"


def r1(dataset: Path) -> Path:
    return dataset / "releases/r1"


def test_a_judgement_tells_more_than_accuracy(dataset: Path) -> None:
    model = dataset / "models" / model_id("r1", training(2))
    metrics = json.loads((model / "metrics.json").read_text())
    assert metrics["accuracy"] == pytest.approx(1 / 3)
    assert 1 / 3 < metrics["top_k"]["2"] < 1
    assert {name: row["samples"] for name, row in metrics["per_license"].items()} == {
        "cc-by-2.0": 15,
        "cc0-1.0": 15,
    }
    assert metrics["calibration"]["ece"] > metrics["calibration"]["ece_scaled"]
    calibration = json.loads((model / "calibration.json").read_text())
    assert calibration["temperature"] == metrics["calibration"]["temperature"] > 1
    page = (model / "report.html").read_text()
    assert "10 of 10 owners" in page
    assert page.count('src="data:image/jpeg') == 20


def test_a_comparison_is_not_made_twice(dataset: Path) -> None:
    written = {p: p.stat().st_mtime_ns for p in (dataset / "models").rglob("*")}
    assert not judge_newest(dataset, r1(dataset), training(2)).is_champion
    assert {p: p.stat().st_mtime_ns for p in (dataset / "models").rglob("*")} == written


def test_always_promotes_what_is_worse_and_says_so(dataset: Path) -> None:
    done = judge_newest(dataset, r1(dataset), training(2, "always"))
    assert (done.is_champion, champion_id(dataset)) == (True, done.model_dir.name)
    assert "the recipe says always" in changes(dataset)[-1].why


def test_a_model_that_a_person_turned_away_does_not_come_back_by_itself(dataset: Path) -> None:
    judge_newest(dataset, r1(dataset), training(2, "always"))
    good, _ = roll_back(dataset)
    done = judge_newest(dataset, r1(dataset), training(2, "always"))
    assert (done.is_champion, champion_id(dataset)) == (False, good)
    assert "a person put another in its place" in done.why


def test_a_champion_that_is_damaged_or_of_other_classes_gives_way(
    dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    champion = dataset / "champion"
    card = champion.resolve() / "model.json"
    document = json.loads(card.read_text())
    card.write_text(json.dumps({**document, "classes": ["red", "green", "teal"]}))
    done = judge_newest(dataset, r1(dataset), training(2))
    assert (done.is_champion, "knows other classes" in done.why) == (True, True)
    card.write_text(json.dumps(document))
    (champion.resolve() / "model.keras").write_text("cut off")
    again = judge_newest(dataset, r1(dataset), training(1))
    assert (again.is_champion, "is gone or damaged" in again.why) == (True, True)
    said = [one.getMessage() for one in caplog.records if "without a comparison" in one.msg]
    assert ["is gone or damaged" in one for one in said] == [False, True]


def test_figures_of_a_model_that_is_damaged_since_are_not_told(dataset: Path) -> None:
    champion = (dataset / "champion").resolve()
    (champion / "model.keras").write_text("cut off")
    with pytest.raises(TrainingError, match=r"model\.keras is damaged"):
        evaluate_release(champion, r1(dataset))


def test_figures_of_another_model_are_not_taken_for_those_of_this_one(dataset: Path) -> None:
    good, bad = (dataset / "models" / model_id("r1", training(seed)) for seed in (1, 2))
    assert read_metrics(bad) is not None
    shutil.copy(good / "metrics.json", bad)
    assert read_metrics(bad) is None


def test_what_stands_where_figures_belong_is_named(dataset: Path) -> None:
    model = dataset / "models" / model_id("r1", training(2))
    (model / "metrics.json").unlink()
    (model / "metrics.json").mkdir()
    with pytest.raises(TrainingError, match=r"metrics\.json cannot be written: Is a directory\."):
        judge_release(model, r1(dataset), 0.05, None)
    assert not list(model.glob(".*"))


@pytest.mark.parametrize(
    ("file", "read", "said"),
    [
        ("model.json", read_card, r"model\.json cannot be used: sha256 is missing\. Run"),
        (
            "calibration.json",
            read_calibration,
            r"temperature must be more than 0\.0 \(received -1\)",
        ),
    ],
)
def test_a_damaged_document_is_told_by_its_field(
    dataset: Path, file: str, read: Callable[[Path], object], said: str
) -> None:
    model = dataset / "models" / model_id("r1", training(2))
    document = json.loads((model / file).read_text())
    document.pop("sha256", None)
    (model / file).write_text(json.dumps({**document, "temperature": -1}))
    with pytest.raises(TrainingError, match=said):
        read(model)


def test_a_champion_of_which_nobody_knows_what_it_saw_keeps_its_place(dataset: Path) -> None:
    # It is of another release, which had no manifest.
    card = (dataset / "champion").resolve() / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "release": "r0"}))
    np.save(card.with_name("seen.npy"), np.empty(0, np.uint64))
    (dataset / "models" / model_id("r1", training(2)) / "comparison.json").unlink()
    done = judge_newest(dataset, r1(dataset), training(2))
    assert not done.is_champion
    assert "cannot be told which photos of r1 it has seen" in done.why
    assert judge_newest(dataset, r1(dataset), training(2, "always")).is_champion


def test_where_nothing_new_is_trained_the_champion_is_judged(dataset: Path) -> None:
    done = judge_newest(dataset, r1(dataset), training(3))
    assert (done.model_dir.name, done.is_champion) == (champion_id(dataset), True)


def test_another_chosen_error_is_judged_anew(dataset: Path) -> None:
    model = dataset / "models" / model_id("r1", training(1))
    before = json.loads((model / "calibration.json").read_text())
    evaluate_release(model, r1(dataset), reject_error=0.2)
    after = json.loads((model / "calibration.json").read_text())
    assert (before["reject_error"], after["reject_error"]) == (0.05, 0.2)
    assert after["threshold"] > before["threshold"]


def test_photos_of_its_own_train_split_are_not_counted_in_a_later_test(dataset: Path) -> None:
    later = release(dataset / "releases", name="r2")
    manifest(later, train=["x"], test=["7", *(f"t{row}" for row in range(28)), "9"])
    model = dataset / "models" / model_id("r1", training(1))
    metrics = evaluate_release(model, later)
    assert (metrics.samples, metrics.left_out) == (28, 2)
    manifest(later, train=["x"], test=[str(row) for row in range(30)])
    (model / "metrics.json").unlink()
    with pytest.raises(Exception, match="was trained on all 30 test photos"):
        evaluate_release(model, later)


def test_photos_of_the_train_split_are_left_out_of_folders(dataset: Path, tmp_path: Path) -> None:
    photo(tmp_path / "photos/red/1.png", "red")
    (tmp_path / "photos/red/2.png").write_text("bytes of 17")
    model = dataset / "models" / model_id("r1", training(1))
    metrics = evaluate_folder(model, tmp_path / "photos")
    assert (metrics.samples, metrics.left_out, metrics.skipped) == (1, 1, 0)
    assert metrics.calibration["threshold"] > 0
    (tmp_path / "photos/red/1.png").unlink()
    with pytest.raises(CallError, match="was trained on all 1 usable photos"):
        evaluate_folder(model, tmp_path / "photos")


def test_a_champion_of_another_size_gets_samples_from_its_own_release(
    dataset: Path, tmp_path: Path
) -> None:
    small = release(dataset / "releases", name="r0", test=12, size_px=8)
    # Of these, t1 stands in the test splits of both; 3 was seen by the champion.
    manifest(small, train=["t2"], test=[*(f"u{row}" for row in range(4)), "t1", *"abcdefg"])
    rival = Rival(colour_model(dataset, "small", "r0", size_px=SIZE_PX // 2), small)
    model = Predictor(dataset / "models" / model_id("r1", training(2)))
    folder = open_release(r1(dataset))
    answers = ask(model, folder.samples("test"), np.arange(30), tmp_path)
    found = compare(model, answers, folder, rival)
    # Row 1 of r1 is green, taken for blue; row 4 of r0 is green, too.
    assert (found.samples, found.only_champion) == (1, 1)
