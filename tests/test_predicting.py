"""Predicting from files, folders, lists, addresses and standard input."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from menagerie.errors import CallError
from menagerie.predicting import Answer, find_photos, predict_photos
from menagerie.settings import Settings
from tests.builders import encoded, picture
from tests.learning.builders import LABELS
from tests.learning.conftest import colours, trained
from tests.photos.hosts import host, send

__all__ = ["colours", "trained"]


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """A folder of datasets, one of them with a champion; nobody writes into it."""
    folder = tmp_path_factory.mktemp("datasets")
    shutil.copytree(trained, folder / "animals" / "models" / trained.name)
    (folder / "animals" / "champion").symlink_to(f"models/{trained.name}")
    return folder


def ask(datasets: Path, *photos: str | Path, hosts: str = "", **options: float) -> list[Answer]:
    document = {"MENAGERIE_DATASETS": datasets, "MENAGERIE_PHOTO_HOSTS": hosts or "example.org"}
    settings = Settings.model_validate(document)
    return list(predict_photos(find_photos(map(str, photos)), settings, None, **options))


def run(
    datasets: Path, *arguments: str | Path, data: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "menagerie", "predict", *arguments],
        input=data,
        capture_output=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "MENAGERIE_DATASETS": str(datasets),
            "PYTHONPATH": ":".join(sys.path),
        },
    )


def photos(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encoded(picture(seed=number)))
    return folder


def test_a_folder_stands_for_its_files_in_order(tmp_path: Path) -> None:
    folder = photos(tmp_path / "all", "b/2.jpg", "b/1.jpg", "a.jpg", ".hidden.jpg", ".git/x.jpg")
    (folder / "empty").mkdir()
    found = [str(Path(name).relative_to(folder)) for name in find_photos([str(folder)])]
    assert found == ["a.jpg", "b/1.jpg", "b/2.jpg"]
    empty, missing = str(folder / "empty"), str(folder / "missing.jpg")
    named = [empty, "-", "https://example.org/a.jpg", missing]
    assert list(find_photos(named)) == named


def test_photos_are_looked_for_only_when_they_are_due(tmp_path: Path) -> None:
    def names() -> Iterator[str]:
        yield str(photos(tmp_path, "a.jpg") / "a.jpg")
        raise AssertionError("asked for too early")

    assert next(find_photos(names())).endswith("a.jpg")


def test_bad_photos_among_good_ones_have_a_row_each(datasets: Path, tmp_path: Path) -> None:
    folder = photos(tmp_path, *(f"{number:03}.jpg" for number in range(150)))
    (folder / "003.jpg").write_bytes(b"")
    (folder / "070.jpg").write_text("no picture")
    (folder / "149.jpg").write_bytes((folder / "149.jpg").read_bytes()[:200])
    answers = ask(datasets, folder)
    assert [Path(answer.photo).name for answer in answers] == [f"{n:03}.jpg" for n in range(150)]
    bad = [number for number, answer in enumerate(answers) if answer.error]
    assert bad == [3, 70, 149]
    alone = ask(datasets, folder / "148.jpg")[0].to_json()
    assert answers[148].to_json()["probability"] == pytest.approx(alone["probability"], abs=1e-5)


def test_what_cannot_be_a_name_has_a_row_as_any_other_photo(
    datasets: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good = photos(tmp_path, "a.jpg") / "a.jpg"
    answers = ask(datasets, good, "a" * 300, "a\0b")
    assert [bool(answer.error) for answer in answers] == [False, True, True]
    assert "cannot be read: File name too long" in answers[1].error
    assert "is no name of a file" in answers[2].error
    assert "Traceback" not in capfd.readouterr().err


def test_without_a_sound_photo_no_model_is_loaded(datasets: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(datasets, tmp_path / "datasets", symlinks=True)
    ((broken / "animals" / "champion") / "model.keras").write_bytes(b"no model")
    (answer,) = ask(broken, tmp_path / "missing.jpg")
    assert "does not exist" in answer.error


def test_an_unsure_model_names_none_of_its_classes(datasets: Path, tmp_path: Path) -> None:
    (answer,) = ask(datasets, photos(tmp_path, "a.jpg"), threshold=1.0)
    entry = answer.to_json()
    assert (entry["label"], entry["none_of_these"]) == (None, True)
    assert entry["probability"] == max(entry["probabilities"].values())
    (sure,) = ask(datasets, tmp_path, threshold=0.0)
    assert sure.to_json()["label"] in LABELS
    assert "none_of_these" not in sure.to_json()


def test_a_photo_of_an_allowed_address_is_judged(datasets: Path) -> None:
    with host(send) as place:
        url = f"http://{place}/a.jpg"
        good, bad = ask(datasets, url, "https://elsewhere.org/a.jpg", hosts=place)
    assert good.to_json()["label"] in LABELS
    assert good.photo == url
    assert "cannot be fetched: 'elsewhere.org' is not among the hosts" in bad.error


def test_standard_input_is_a_photo_or_a_list(datasets: Path, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", "a.jpg", "b.jpg")
    done = run(datasets, "-", "--json", data=(folder / "a.jpg").read_bytes())
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)
    assert (one["photo"], set(one["probabilities"])) == ("-", set(LABELS))
    listed = f"\ufeff{folder / 'b.jpg'}\n \n{folder / 'missing.jpg'}\r\n{folder}\n".encode()
    done = run(datasets, folder / "a.jpg", "--from-file", "-", "--jsonl", data=listed)
    assert done.returncode == 1
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    names = ["a.jpg", "b.jpg", "missing.jpg", "a.jpg", "b.jpg"]
    assert [Path(entry["photo"]).name for entry in entries] == names
    assert [number for number, entry in enumerate(entries) if "error" in entry] == [2]


def test_a_reader_who_has_had_enough_is_no_fault(datasets: Path, tmp_path: Path) -> None:
    folder = photos(tmp_path, *(f"{number:03}.jpg" for number in range(200)))
    program = f"{sys.executable} -m menagerie predict --jsonl {folder} | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", program],
        capture_output=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "MENAGERIE_DATASETS": str(datasets),
            "PYTHONPATH": ":".join(sys.path),
        },
    )
    assert json.loads(done.stdout)["label"] in LABELS
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "No photo was named"),
        (["-", "-"], "Standard input can be read once"),
        (["-", "--from-file", "-"], "Standard input can be read once"),
        (["--from-file", "nowhere.txt"], "nowhere.txt cannot be read"),
        (["--from-file", "-"], "the list is empty"),
        (["a.jpg", "--json", "--jsonl"], "Both --json and --jsonl"),
        (["a.jpg", "--threshold", "1.5"], "--threshold"),
    ],
)
def test_a_wrong_call_is_refused(datasets: Path, arguments: list[str], said: str) -> None:
    done = run(datasets, *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


def test_a_dataset_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="--dataset"):
        ask(tmp_path, "a.jpg")
