"""Wrong calls and hard times: one clear sentence, the right exit code, nothing changed."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import encoded, picture
from tests.flows.conftest import Workplace
from tests.photos.test_decode import bomb
from tests.processes import wait_until


def refused(workplace: Workplace, code: int, *arguments: str) -> str:
    """Run a command that must be refused; return its one sentence."""
    done = workplace.run(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    return errors[0]


def edit(workplace: Workplace, before: str, after: str) -> None:
    path = workplace.dataset / "recipe.toml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


@pytest.mark.parametrize(
    "command",
    [
        "refresh",
        "collect",
        "curate",
        "release",
        "train",
        "status",
        "evaluate",
        "releases",
        "diff",
        "models",
        "rollback",
    ],
)
def test_an_unknown_dataset_is_refused(workplace: Workplace, command: str) -> None:
    assert "no dataset 'fungi'" in refused(workplace, 2, command, "fungi")
    assert not workplace.home.exists()


def test_a_wrong_recipe_is_refused_before_anything_happens(workplace: Workplace) -> None:
    edit(workplace, "image_size_px = 16", "image_size_px = 100000")
    assert "100000" in refused(workplace, 2, "refresh", "animals")
    assert not workplace.home.exists()


def test_a_keyword_that_finds_nothing_is_refused_and_nothing_recorded(
    workplace: Workplace,
) -> None:
    edit(workplace, 'keywords = ["boar"]', 'keywords = ["bore"]')
    assert "'bore'" in refused(workplace, 2, "refresh", "animals")
    assert workplace.count("SELECT count(*) FROM photos") == 0


def test_the_real_flickr_needs_a_key(workplace: Workplace) -> None:
    workplace.env = {
        "FLICKR_API_KEY": "",
        "MENAGERIE_FLICKR_URL": "https://www.flickr.com/services/rest/",
    }
    assert "FLICKR_API_KEY" in refused(workplace, 2, "refresh", "animals")


def test_an_invalid_key_is_refused(workplace: Workplace) -> None:
    workplace.env = {"FLICKR_API_KEY": "not-a-key"}
    sentence = refused(workplace, 2, "collect", "animals")
    assert "Invalid API Key" in sentence
    assert "not-a-key" not in sentence


def test_with_debug_the_exit_code_is_the_same(workplace: Workplace) -> None:
    workplace.env = {"FLICKR_API_KEY": "e" * 32}
    done = workplace.run("--debug", "collect", "animals")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_an_unreachable_flickr_is_said_so(workplace: Workplace) -> None:
    workplace.url = "http://127.0.0.1:9"
    assert "run the same command again" in refused(workplace, 1, "collect", "animals")


def test_a_home_that_cannot_be_written_is_said_so(workplace: Workplace) -> None:
    workplace.home.write_text("a file where a folder should be")
    assert "MENAGERIE_HOME" in refused(workplace, 1, "refresh", "animals")


@pytest.fixture
def small_disk(workplace: Workplace) -> Iterator[Path]:
    """Put the home on a disk of one megabyte."""
    workplace.home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(workplace.home)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield workplace.home
    subprocess.run(["umount", str(workplace.home)], check=True)


def test_a_full_disk_is_said_so_and_with_room_the_next_run_goes_on(
    workplace: Workplace, refreshed: Workplace, small_disk: Path
) -> None:
    command = ["refresh", "animals", "--skip-training"]
    assert "is full" in refused(workplace, 1, *command)
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    assert workplace.run(*command).returncode == 0
    assert workplace.release_id == refreshed.release_id


def test_two_refreshes_at_once_are_one_too_many(workplace: Workplace) -> None:
    first = workplace.start("refresh", "animals", "--skip-training")
    holder = workplace.home / "locks/animals.json"
    try:
        wait_until(holder.exists, "the first holds the dataset", by=first)
        # The first may not be done before the second has so much as started.
        first.send_signal(signal.SIGSTOP)
        sentence = refused(workplace, 1, "refresh", "animals")
    finally:
        first.send_signal(signal.SIGCONT)
        _, err = first.communicate()
    assert f"process {first.pid}" in sentence
    assert first.returncode == 0, err


def test_ctrl_c_ends_soon_and_the_next_run_goes_on(
    workplace: Workplace, refreshed: Workplace
) -> None:
    child = workplace.start("refresh", "animals", "--skip-training")
    workplace.wait_for_files(child)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "run the same command to go on" in err
    assert workplace.run("refresh", "animals", "--skip-training").returncode == 0
    assert workplace.release_id == refreshed.release_id


def test_an_outage_of_the_photo_host_is_no_smaller_dataset(
    workplace: Workplace, refreshed: Workplace
) -> None:
    workplace.env = {"MENAGERIE_PHOTO_HOSTS": "live.staticflickr.com"}
    assert "MENAGERIE_PHOTO_HOSTS" in refused(workplace, 1, "refresh", "animals")
    assert not (workplace.dataset / "current").exists()
    workplace.env = {}
    assert workplace.run("refresh", "animals", "--skip-training").returncode == 0
    assert workplace.release_id == refreshed.release_id


def test_a_command_that_is_ended_ends_soon(workplace: Workplace) -> None:
    child = workplace.start("refresh", "animals", "--skip-training")
    workplace.wait_for_files(child)
    child.terminate()
    child.communicate(timeout=60)
    assert child.returncode not in {0, None}


def test_a_class_with_too_few_photos_is_not_released(workplace: Workplace) -> None:
    edit(workplace, "min_per_class = 10", "min_per_class = 1000")
    sentence = refused(workplace, 1, "refresh", "animals")
    assert "min_per_class" in sentence
    assert not (workplace.dataset / "current").exists()


def test_training_without_a_release_is_refused(workplace: Workplace) -> None:
    assert "no current release" in refused(workplace, 2, "train", "animals")


def test_predict_answers_for_each_photo(refreshed: Workplace, tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(encoded(picture()))
    frames = [picture(seed=n) for n in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "bomb.png").write_bytes(bomb(30_000, 30_000))
    names = ["good.jpg", "moving.gif", "text.jpg", "empty.jpg", "bomb.png", "missing.jpg"]
    done = refreshed.run("predict", "--json", *(str(tmp_path / name) for name in names))
    assert done.returncode == 1, done.stderr
    answers = {Path(a["photo"]).name: a for a in json.loads(done.stdout)}
    assert list(answers) == names
    assert sum(answers["good.jpg"]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert answers["good.jpg"]["label"] == max(
        answers["good.jpg"]["probabilities"], key=answers["good.jpg"]["probabilities"].get
    )
    assert "first frame" in answers["moving.gif"]["note"]
    assert "not a picture" in answers["text.jpg"]["error"]
    assert "empty" in answers["empty.jpg"]["error"]
    assert "pixels" in answers["bomb.png"]["error"]
    assert "does not exist" in answers["missing.jpg"]["error"]


def test_a_deleted_model_is_said_so(refreshed: Workplace, workplace: Workplace) -> None:
    refreshed.copy_to(workplace.folder)
    shutil.rmtree((workplace.dataset / "champion").resolve())
    photo = workplace.folder / "good.jpg"
    photo.write_bytes(encoded(picture()))
    assert "menagerie train" in refused(workplace, 2, "predict", str(photo))
    assert "menagerie train" in refused(workplace, 2, "evaluate", "animals")


def test_evaluate_judges_a_folder(refreshed: Workplace, tmp_path: Path) -> None:
    for label in ("monkey", "crow"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.jpg").write_bytes(encoded(picture(seed=len(label))))
    done = refreshed.run("evaluate", "animals", "--photos", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert metrics["samples"] == 2
    assert {"model", "release", "samples", "accuracy", "interval", "per_class"} <= set(metrics)


@pytest.mark.parametrize(
    "arguments",
    [
        ["refresh"],
        ["refresh", "animals", "--limit", "0"],
        ["sandbox", "--faults", "gremlins=0.1"],
        ["sandbox", "--photos", "nowhere"],
        ["demo", "--photos", "nowhere"],
        ["frobnicate"],
    ],
)
def test_wrong_calls_end_with_2(workplace: Workplace, arguments: list[str]) -> None:
    done = workplace.run(*arguments)
    assert done.returncode == 2
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_sandbox_announces_how_to_reach_it(workplace: Workplace) -> None:
    child = workplace.start("sandbox", "--port", "0", "--size", "5")
    assert child.stdout is not None
    assert "/services/rest/" in child.stdout.readline()
    child.terminate()
    child.communicate(timeout=60)
