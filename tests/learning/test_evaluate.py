import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from menagerie.cli import cli
from menagerie.errors import CallError, InputError, MissingReleaseError
from menagerie.learning.child import report
from menagerie.learning.evaluate import evaluate_folder, evaluate_release, trained_on
from menagerie.learning.folder import read_card
from menagerie.learning.judging_folder import judge_folder
from menagerie.learning.metrics import Metrics
from tests.learning.builders import LABELS, photo, release

FIELDS = {
    "model", "release", "samples", "accuracy", "interval", "per_class", "confusion", "skipped",
}  # fmt: skip


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two red photos, a blue one and a text file that calls itself a photo."""
    folder = tmp_path_factory.mktemp("photos")
    for name, label in (("1.jpg", "red"), ("2.png", "red"), ("3.jpg", "blue")):
        photo(folder / label / name, label)
    (folder / "blue" / "4.jpg").write_text("no photo")
    (folder / "blue" / ".DS_Store").write_text("not even a file that anybody put there")
    return folder


def test_a_judgement_fills_the_model_folder_and_is_not_made_twice(
    dataset: Path, colours: Path
) -> None:
    (model,) = (path for path in (dataset / "models").iterdir() if path.is_dir())
    metrics = evaluate_release(model, colours)
    entries = json.loads((model / "metrics.json").read_text())
    assert entries == metrics.to_json()
    assert entries.keys() >= FIELDS
    assert (metrics.model, metrics.release, metrics.samples) == (model.name, "r1", 30)
    assert tuple(metrics.per_class) == LABELS
    written = {path.name: path.stat().st_mtime_ns for path in model.iterdir()}
    assert written.keys() >= {"confusion.png", "report.html"}
    assert evaluate_release(model, colours) == metrics
    assert {path.name: path.stat().st_mtime_ns for path in model.iterdir()} == written


def test_a_release_of_other_classes_is_refused(trained: Path, tmp_path: Path) -> None:
    other = release(tmp_path, name="r2")
    (other / "classes.json").write_text('["red", "green", "teal"]')
    with pytest.raises(CallError, match="r2 has red, green, teal at 16 px"):
        evaluate_release(trained, other)


def test_a_release_that_is_gone_is_named_with_what_to_do(dataset: Path, trained: Path) -> None:
    card = read_card(trained)
    with pytest.raises(MissingReleaseError, match=f"r1, which .* {card.id} .*rebuild animals r1"):
        trained_on(dataset, card)


def test_an_unusable_photo_is_counted_and_stops_nothing(trained: Path, photos: Path) -> None:
    metrics = evaluate_folder(trained, photos)
    assert (metrics.samples, metrics.skipped) == (3, 1)
    assert [sum(row) for row in metrics.confusion] == [2, 0, 1]


def test_the_page_about_a_folder_shows_which_photos_went_wrong(
    trained: Path, tmp_path: Path
) -> None:
    for label, number in (("red", 40), ("green", 41), ("green", 42)):
        photo(tmp_path / "photos" / label / f"{number}.jpg", "red", number)
    page = tmp_path / "page.html"
    metrics = evaluate_folder(trained, tmp_path / "photos", page)
    assert [(one["photo"][:6], one["label"], one["predicted"]) for one in metrics.mistakes] == [
        ("green/", "green", "red")
    ] * 2
    text = page.read_text(encoding="utf-8")
    worst, unsure = text.index("Worst mistakes"), text.index("Least sure")
    assert text[worst:unsure].count("green/4") == 2
    assert "red/40.jpg" not in text[worst:unsure]
    assert "red/40.jpg" in text[unsure:]
    assert {p.name for p in tmp_path.iterdir()} == {"page.html", "photos"}


@pytest.mark.parametrize(
    ("page", "why"), [("photos", "it is a folder"), ("no/page.html", "there is no folder .*no")]
)
def test_a_page_that_cannot_be_written_is_refused_before_the_work(
    trained: Path, tmp_path: Path, page: str, why: str
) -> None:
    photo(tmp_path / "photos/red/1.jpg", "red")
    with pytest.raises(InputError, match=f"cannot be written: {why}"):
        evaluate_folder(trained, tmp_path / "photos", tmp_path / page)


def test_every_file_counts_in_one_way_however_deep_it_lies(trained: Path, tmp_path: Path) -> None:
    for name, edge_px in (("1.jpg", 40), ("2024/x/2.jpg", 41), ("2024/same.jpg", 40)):
        photo(tmp_path / "red" / name, "red", edge_px)
    photo(tmp_path / "root.jpg", "red")
    photo(tmp_path / "red/both.jpg", "blue", 43)
    photo(tmp_path / "blue/both.jpg", "blue", 43)
    photo(tmp_path / "blue/.thumbs/3.jpg", "blue")
    metrics = judge_folder(trained, tmp_path)
    assert [sum(row) for row in metrics.confusion] == [2, 0, 0]
    assert (metrics.skipped, metrics.copies, metrics.cross_label) == (1, 1, 2)
    assert Metrics.from_json(metrics.to_json()) == metrics


def test_a_folder_whose_photos_lie_deeper_is_no_empty_one(trained: Path, tmp_path: Path) -> None:
    photo(tmp_path / "red/2024/1.jpg", "red")
    photo(tmp_path / "blue/1.jpg", "red")
    with pytest.raises(CallError, match=r"under more than one class \(2 files\)"):
        evaluate_folder(trained, tmp_path)


def test_a_sub_folder_that_is_no_class_is_refused(trained: Path, tmp_path: Path) -> None:
    photo(tmp_path / "crimson" / "1.jpg", "red")
    with pytest.raises(CallError, match=r"crimson, which the model does not know .*red, green"):
        evaluate_folder(trained, tmp_path)


def test_a_folder_without_photos_is_refused(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "red").mkdir()
    with pytest.raises(CallError, match="holds no photos"):
        evaluate_folder(trained, tmp_path)
    with pytest.raises(CallError, match="no folder"):
        evaluate_folder(trained, tmp_path / "nowhere")
    with pytest.raises(CallError, match="no folder"):
        evaluate_folder(trained, Path("a" * 300))


def test_an_empty_name_is_not_the_current_folder() -> None:
    done = CliRunner().invoke(cli, ["evaluate", "animals", "--photos", ""])
    assert (done.exit_code, "an empty name is no folder" in done.stderr) == (2, True)


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: RuntimeError(str(error))])
def test_a_full_disk_is_told_with_its_cure_though_the_log_lies_there(
    wrap: Callable[[Exception], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    with pytest.raises(OSError, match="No space left") as full:
        Path("/dev/full").write_text("figures")
    with suppress(OSError), Path("/dev/full").open("w", buffering=1) as log:
        monkeypatch.setattr(sys, "stderr", log)
        report("evaluate", wrap(full.value), told.append)
    assert "A disk is full" in told[0]["why"]
    assert "Free some space there" in told[0]["why"]
