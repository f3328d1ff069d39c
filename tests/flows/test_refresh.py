"""The whole job on a real sandbox: undisturbed, again, killed, and with faults."""

import csv
import json
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from tests.flows.conftest import Workplace
from tests.processes import wait_until


def photos_served(url: str) -> int:
    with urllib.request.urlopen(f"{url}/control") as answer:
        return int(json.load(answer)["photos_served"])


def test_states_sum_to_what_was_found(refreshed: Workplace) -> None:
    status = json.loads(refreshed.run("status", "animals", "--json").stdout)
    assert sum(status["states"].values()) == sum(status["reasons"].values()) == status["found"]
    assert status["states"]["pending"] == 0
    assert status["release"]["train"] + status["release"]["test"] == status["states"]["kept"]
    assert {"gone", "broken", "near_duplicate"} <= set(status["reasons"])
    assert 0 <= status["model"]["accuracy"] <= 1


def test_every_photo_that_is_allowed_and_exists_is_fetched(refreshed: Workplace) -> None:
    assert refreshed.count("SELECT count(*) FROM files WHERE fault = 'download_failed'") == 0
    assert refreshed.count("SELECT count(*) FROM files WHERE sha256 IS NOT NULL") > 100


def test_arrays_are_as_documented(refreshed: Workplace) -> None:
    release = refreshed.dataset / "current"
    classes = json.loads((release / "classes.json").read_text())
    manifest = pq.read_table(release / "manifest.parquet").to_pylist()
    for split in ("train", "test"):
        x, y = (np.load(release / f"{kind}_{split}.npy", mmap_mode="r") for kind in "xy")
        rows = [row for row in manifest if row["split"] == split]
        assert x.dtype == np.uint8
        assert x.shape == (len(rows), 16, 16, 3)
        assert y.dtype == np.int64
        assert [classes[number] for number in y] == [row["label"] for row in rows]
        assert [row["row"] for row in rows] == list(range(len(rows)))


def test_no_owner_stands_on_both_sides(refreshed: Workplace) -> None:
    manifest = pq.read_table(refreshed.dataset / "current/manifest.parquet").to_pylist()
    owners = [{r["owner"] for r in manifest if r["split"] == side} for side in ("train", "test")]
    assert not owners[0] & owners[1]
    card = (refreshed.dataset / "current/README.md").read_text()
    assert "**0 owners**, **0 bursts** (" in card
    assert "**0 pairs of near-duplicates**" in card


def test_every_sample_has_its_credit(refreshed: Workplace) -> None:
    release = refreshed.dataset / "current"
    manifest = pq.read_table(release / "manifest.parquet").to_pylist()
    with (release / "CREDITS.csv").open(encoding="utf-8", newline="") as file:
        credited = {row["photo_id"]: row for row in csv.DictReader(file)}
    assert set(credited) == {row["photo_id"] for row in manifest}
    assert all(row["creator"] and row["license"] and row["page_url"] for row in credited.values())


def test_nothing_of_a_release_names_this_machine(refreshed: Workplace) -> None:
    for file in (refreshed.dataset / "releases" / refreshed.release_id).iterdir():
        data = file.read_bytes()
        assert b"127.0.0.1" not in data, file.name
        assert str(refreshed.folder).encode() not in data, file.name


def test_a_second_refresh_downloads_nothing_and_changes_no_byte(refreshed: Workplace) -> None:
    served, before = photos_served(refreshed.url), refreshed.release_id
    blocks = sorted((refreshed.home / "tiles").rglob("*.npy"))
    models = sorted(p.name for p in (refreshed.dataset / "models").iterdir())
    done = refreshed.run("refresh", "animals")
    assert done.returncode == 0, done.stderr
    assert photos_served(refreshed.url) == served
    assert refreshed.release_id == before
    assert sorted((refreshed.home / "tiles").rglob("*.npy")) == blocks
    assert sorted(p.name for p in (refreshed.dataset / "models").iterdir()) == models


@pytest.mark.parametrize(
    "moment",
    [
        "SELECT count(*) > 5 FROM files",
        "SELECT count(*) > 0 FROM tiles",
        "SELECT count(*) > 0 FROM split_assignments",
    ],
)
def test_killed_in_any_stage_the_next_run_ends_as_if_undisturbed(
    workplace: Workplace, refreshed: Workplace, moment: str
) -> None:
    command = ["refresh", "animals", "--skip-training"]
    workplace.kill_when(command, lambda: bool(workplace.count(moment)))
    done = workplace.run(*command)
    assert done.returncode == 0, done.stderr
    assert workplace.release_id == refreshed.release_id
    assert not [p for p in (workplace.dataset / "releases").iterdir() if p.name[0] == "."]
    assert not [p for p in (workplace.home / "unfinished").rglob("*") if p.is_file()]


def test_killed_while_training_the_next_run_trains(
    workplace: Workplace, refreshed: Workplace
) -> None:
    refreshed.copy_to(workplace.folder)
    shutil.rmtree(workplace.dataset / "models")
    (workplace.dataset / "champion").unlink()
    building = workplace.dataset / "models"
    workplace.kill_when(
        ["train", "animals"], lambda: building.exists() and any(building.glob(".building-*"))
    )
    done = workplace.run("train", "animals")
    assert done.returncode == 0, done.stderr
    assert (workplace.dataset / "champion").readlink() == (
        refreshed.dataset / "champion"
    ).readlink()
    assert not list(building.glob(".building-*"))


def test_a_training_that_is_asked_to_end_ends_with_its_child_and_goes_on_later(
    workplace: Workplace, refreshed: Workplace
) -> None:
    refreshed.copy_to(workplace.folder)
    workplace.write_recipe(epochs=120)
    models = workplace.dataset / "models"
    command = workplace.start("train", "animals")
    wait_until(lambda: any(models.glob(".checkpoint-*.npz")), "there is a checkpoint", by=command)
    (building,) = models.glob(".building-*")
    command.send_signal(signal.SIGTERM)
    command.communicate(timeout=60)
    assert command.returncode != 0
    child = Path("/proc") / building.name.rpartition("-")[2]
    wait_until(lambda: not building.exists() and not child.exists(), "the child is gone")
    (checkpoint,) = models.glob(".checkpoint-*.npz")
    done = workplace.run("train", "animals")
    assert done.returncode == 0, done.stderr
    assert not checkpoint.exists()
    history = (workplace.dataset / "champion" / "history.csv").read_text()
    assert len(history.splitlines()) == 1 + 120


@pytest.fixture
def faulty_url() -> Iterator[str]:
    faults = parse_faults("all=0.1,slow-seconds=0.1,retry-after=0.1")
    with running(drawn_universe(60), faults) as url:
        yield url


def test_faults_of_every_kind_change_nothing(
    workplace: Workplace, refreshed: Workplace, faulty_url: str
) -> None:
    workplace.url = faulty_url
    done = workplace.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr
    assert workplace.release_id == refreshed.release_id


def test_the_stages_one_by_one_make_the_same_release(
    workplace: Workplace, refreshed: Workplace
) -> None:
    for stage in ("collect", "curate", "release"):
        done = workplace.run(stage, "animals")
        assert done.returncode == 0, done.stderr
    assert workplace.release_id == refreshed.release_id


def test_a_limit_takes_fewer_photos(workplace: Workplace) -> None:
    done = workplace.run("refresh", "animals", "--limit", "20", "--skip-training")
    assert done.returncode == 0, done.stderr
    assert workplace.count("SELECT count(*) FROM photos") <= 60


def test_load_data_maps_the_current_release(
    refreshed: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from menagerie import load_data

    monkeypatch.setenv("MENAGERIE_DATASETS", str(refreshed.folder / "datasets"))
    (x_train, y_train), (x_test, y_test) = load_data("animals")
    assert isinstance(x_train, np.memmap)
    assert (len(x_train), len(x_test)) == (len(y_train), len(y_test))


def test_checksums_hold_and_name_the_release(refreshed: Workplace) -> None:
    import hashlib

    release = refreshed.dataset / "releases" / refreshed.release_id
    sums = (release / "checksums.sha256").read_text()
    assert hashlib.sha256(sums.encode()).hexdigest()[:12] == release.name
    named = {line.split("  ")[1]: line.split("  ")[0] for line in sums.splitlines()}
    files = {p.name for p in release.iterdir()} - {"checksums.sha256"}
    assert set(named) == files
    for name, expected in named.items():
        assert hashlib.sha256(Path(release / name).read_bytes()).hexdigest() == expected
