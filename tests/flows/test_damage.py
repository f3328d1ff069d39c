"""What somebody else broke: said by `status`, mended by the next run."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from menagerie.release.publish import is_whole
from tests.flows.conftest import Workplace
from tests.flows.test_refresh import query
from tests.test_lifeline import children


@pytest.fixture
def copied(workplace: Workplace, refreshed: Workplace) -> Workplace:
    """Return a copy of a refreshed workplace, to be broken."""
    shutil.copytree(refreshed.folder, workplace.folder, symlinks=True, dirs_exist_ok=True)
    return workplace


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


def test_a_damaged_release_is_said_so_and_built_anew(
    copied: Workplace, refreshed: Workplace
) -> None:
    folder = (copied.dataset / "current").resolve()
    cut_off(folder / "x_train.npy")
    cut_off((copied.dataset / "champion").resolve() / "metrics.json")
    status = json.loads(copied.run("status", "animals", "--json").stdout)
    assert "x_train.npy" not in status["release"]["id"]
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


def test_a_photo_that_the_store_has_lost_is_fetched_again(
    copied: Workplace, refreshed: Workplace
) -> None:
    shutil.rmtree(copied.home / "tiles")
    stored = sorted(p for p in (copied.home / "photos").rglob("*") if p.is_file())
    for file in stored[:3]:
        file.unlink()
    assert copied.run("curate", "animals").returncode == 0
    lost = query(copied, "SELECT count(*) FROM files WHERE fault = 'download_failed'")
    assert lost >= 3
    done = copied.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr
    assert all(file.is_file() for file in stored)
    assert copied.release_id == refreshed.release_id


def test_without_its_prefect_server_a_command_ends_soon(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    child = workplace.start("refresh", "animals")
    while not query(workplace, "SELECT count(*) > 5 FROM files"):
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)
    (server,) = children(child.pid)
    os.kill(server, signal.SIGKILL)
    started = time.monotonic()
    _, err = child.communicate(timeout=60)
    assert time.monotonic() - started < 15
    assert child.returncode == 1
    assert [line for line in err.splitlines() if line.startswith("Error: ")] == [
        line for line in err.splitlines() if "server ended by itself" in line
    ]


def test_a_prefect_server_that_does_not_answer_is_said_so(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    done: subprocess.CompletedProcess[str] = workplace.run("refresh", "animals")
    assert done.returncode == 1
    assert "PREFECT_API_URL" in done.stderr
    assert "Traceback" not in done.stderr
