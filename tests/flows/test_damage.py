"""What somebody else broke: said by `status`, mended by the next run."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from menagerie.release.sealing import digest_of, is_whole
from tests.builders import encoded, picture
from tests.flows.conftest import Workplace
from tests.processes import children


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


@pytest.mark.parametrize("name", ["x_train.npy", "y_test.npy", "classes.json", "CREDITS.csv"])
@pytest.mark.parametrize("damage", [cut_off, Path.unlink], ids=["cut", "missing"])
def test_a_damaged_release_is_not_whole(copied: Workplace, name: str, damage: object) -> None:
    folder = (copied.dataset / "current").resolve()
    assert is_whole(folder)
    assert callable(damage)
    damage(folder / name)
    assert not is_whole(folder)


def test_a_release_whose_checksums_were_rewritten_is_not_whole(copied: Workplace) -> None:
    folder = (copied.dataset / "current").resolve()
    sums, was = folder / "checksums.sha256", digest_of(folder / "classes.json")
    (folder / "classes.json").write_text("[]")
    sums.write_text(sums.read_text().replace(was, digest_of(folder / "classes.json")))
    assert not is_whole(folder)


def test_no_figures_are_told_of_a_damaged_champion(copied: Workplace) -> None:
    cut_off((copied.dataset / "champion").resolve() / "model.keras")
    model = json.loads(copied.run("status", "animals", "--json").stdout)["model"]
    assert (model["damaged"], model["accuracy"]) == (True, None)
    assert "damaged; `menagerie rollback animals`" in copied.run("status", "animals").stdout


def test_a_damaged_release_is_said_so_and_built_anew(
    copied: Workplace, refreshed: Workplace
) -> None:
    folder = (copied.dataset / "current").resolve()
    cut_off(folder / "x_train.npy")
    cut_off((copied.dataset / "champion").resolve() / "metrics.json")
    status = json.loads(copied.run("status", "animals", "--json").stdout)
    assert status["release"]["damage"]
    assert status["model"]["accuracy"] is None
    done = copied.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr
    assert copied.release_id == refreshed.release_id
    assert is_whole(folder)
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_lost_tiles_are_cut_again(copied: Workplace, refreshed: Workplace) -> None:
    shutil.rmtree(copied.home / "tiles")
    shutil.rmtree(copied.dataset / "releases")
    done = copied.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr
    assert copied.release_id == refreshed.release_id
    assert len(list((copied.home / "tiles").rglob("*.npy"))) > 0


def lose_photos(place: Workplace) -> list[Path]:
    for block in (place.home / "tiles").rglob("*.npy"):
        cut_off(block)
    shutil.rmtree(place.dataset / "releases")
    stored = sorted(p for p in (place.home / "photos").rglob("*") if p.is_file())
    for file in stored[:3]:
        file.unlink()
    return stored


def test_photos_that_the_store_has_lost_are_fetched_again_at_once(
    copied: Workplace, refreshed: Workplace
) -> None:
    stored = lose_photos(copied)
    done = copied.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr
    assert all(file.is_file() for file in stored)
    assert copied.release_id == refreshed.release_id


def test_a_photo_that_is_lost_is_noticed_when_it_is_to_be_decoded(copied: Workplace) -> None:
    lose_photos(copied)
    assert copied.run("curate", "animals").returncode == 0
    assert copied.count("SELECT count(*) FROM files WHERE fault = 'download_failed'") >= 3


def test_a_model_whose_card_was_changed_is_said_so(copied: Workplace, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(encoded(picture()))
    card = (copied.dataset / "champion").resolve() / "model.json"
    document = json.loads(card.read_text())
    for change in ({"image_size_px": "x"}, {"image_size_px": 32}, {"classes": ["a"]}):
        card.write_text(json.dumps({**document, **change}))
        done = copied.run("predict", str(photo))
        assert done.returncode == 1
        assert "menagerie train" in done.stderr
        assert "fault of menagerie" not in done.stderr


def test_metrics_of_another_shape_are_made_anew(copied: Workplace) -> None:
    metrics = (copied.dataset / "champion").resolve() / "metrics.json"
    before = metrics.read_text()
    metrics.write_text(json.dumps({**json.loads(before), "per_class": []}))
    assert copied.run("evaluate", "animals").returncode == 0
    assert metrics.read_text() == before


def test_without_its_prefect_server_a_command_ends_soon(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    child = workplace.start("refresh", "animals")
    workplace.wait_for_files(child)
    (server,) = children(child.pid)
    os.kill(server, signal.SIGKILL)
    # Prefect's client would go on asking for minutes.
    _, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert [line for line in err.splitlines() if line.startswith("Error: ")] == [
        line for line in err.splitlines() if "server ended by itself" in line
    ]


def test_a_store_that_cannot_be_opened_is_said_so_before_anything_is_recorded(
    workplace: Workplace,
) -> None:
    workplace.env = {"MENAGERIE_STORE_URL": "nosuch://x"}
    done = workplace.run("refresh", "animals")
    assert done.returncode == 2
    assert "MENAGERIE_STORE_URL" in done.stderr
    assert workplace.count("SELECT count(*) FROM photos") == 0


def test_a_prefect_server_that_does_not_answer_is_said_so(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    done: subprocess.CompletedProcess[str] = workplace.run("refresh", "animals")
    assert done.returncode == 1
    assert "PREFECT_API_URL" in done.stderr
    assert "Traceback" not in done.stderr
