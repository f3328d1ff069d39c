"""A whole release passes every check; each planted fault is found by the check that is for it."""

import json
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from menagerie.curation.standing import Choice
from menagerie.errors import MissingReleaseError
from menagerie.release.verifying.checks import CHECKS
from menagerie.release.verifying.inspection import TOLD
from menagerie.release.verifying.photos import draw
from menagerie.release.verifying.verify import find_verified
from tests.verifying.conftest import Shelf
from tests.verifying.home_plants import HOMES, decide, first
from tests.verifying.plants import DAMAGE, FORGERIES, LEAKS, Plant, add_a_file


def test_a_whole_release_passes_every_check(shelf: Shelf) -> None:
    found = shelf.verify()
    assert [(check.name, check.ok, check.unmade) for check in found.checks] == [
        (check.name, True, "") for check in CHECKS
    ]
    assert found.ok
    assert found.to_json()["faults"] == []


@pytest.mark.parametrize(("plant", "checks"), DAMAGE, ids=lambda it: getattr(it, "__name__", ""))
def test_damage_is_found(shelf: Shelf, plant: Plant, checks: set[str]) -> None:
    plant(shelf)
    assert checks <= shelf.faulty()
    assert not shelf.verify().ok


@pytest.mark.parametrize(("plant", "checks"), FORGERIES, ids=lambda it: getattr(it, "__name__", ""))
def test_a_forgery_is_found_though_the_checksums_agree(
    shelf: Shelf, plant: Plant, checks: set[str]
) -> None:
    plant(shelf)
    shelf.reseal()
    assert shelf.faulty() == checks


@pytest.mark.parametrize("plant", [plant for _, plant in LEAKS], ids=[name for name, _ in LEAKS])
def test_a_near_duplicate_on_both_sides_is_found_in_the_arrays(shelf: Shelf, plant: Plant) -> None:
    plant(shelf)
    shelf.reseal()
    assert shelf.faulty() == {"near_duplicates", "photos"}


@pytest.mark.parametrize(("plant", "checks"), HOMES, ids=lambda it: getattr(it, "__name__", ""))
def test_what_the_home_says_of_a_release_is_found(
    shelf: Shelf, plant: Plant, checks: set[str]
) -> None:
    plant(shelf)
    assert shelf.faulty() == checks


def test_a_decision_that_the_release_agrees_with_is_no_fault(shelf: Shelf) -> None:
    decide(shelf, first(shelf)["label"], Choice.KEEP)
    assert shelf.verify().ok


def test_a_fast_check_looks_at_the_same_photos_each_time(shelf: Shelf) -> None:
    chosen = sorted(shelf.rows() + shelf.rows("test"), key=draw)
    shelf.stored(chosen[10]["sha256"]).unlink()
    assert shelf.verify(only=10).ok
    shelf.stored(chosen[9]["sha256"]).unlink()
    (fault,) = shelf.verify(only=10).checks[-1].faults
    assert chosen[9]["photo_id"] in fault


def test_many_faults_of_a_kind_are_counted_and_the_first_told(shelf: Shelf) -> None:
    shutil.rmtree(shelf.shop.settings.home / "photos")
    photos_check = shelf.verify().checks[-1]
    assert photos_check.count == len(shelf.rows() + shelf.rows("test")) > TOLD
    assert len(photos_check.faults) == TOLD


def test_a_check_that_could_not_be_made_is_no_pass(shelf: Shelf) -> None:
    (shelf.folder / "manifest.parquet").unlink()
    checks = {check.name: check for check in shelf.verify().checks}
    assert checks["owners"].ok is None
    assert "manifest.parquet" in checks["owners"].unmade
    assert checks["files"].ok is False


def test_samples_of_another_decoder_are_not_compared(shelf: Shelf) -> None:
    path = shelf.folder / "manifest.parquet"
    table = pq.read_table(path)
    told = {**table.schema.metadata, b"menagerie.decoder": b"slow-1"}
    pq.write_table(table.replace_schema_metadata(told), path)
    shelf.edit_array("x_train.npy", lambda x: x[[1, 0, *range(2, len(x))]])
    shelf.reseal()
    (check,) = [check for check in shelf.verify().checks if check.name == "photos"]
    assert check.ok
    assert "slow-1" in check.note


def test_the_command_says_each_fault_and_ends_with_1(shelf: Shelf) -> None:
    whole = command("verify", "animals", "--json")
    assert whole.returncode == 0, whole.stderr
    assert json.loads(whole.stdout)["ok"]
    add_a_file(shelf)
    lines = command("verify", "animals", "--fast")
    assert lines.returncode == 1
    assert "✗ files" in lines.stdout
    assert "notes.txt" in lines.stdout
    told = json.loads(command("verify", "animals", "--release", shelf.id, "--json").stdout)
    assert (told["ok"], [fault["check"] for fault in told["faults"]]) == (False, ["files"])
    unknown = command("verify", "animals", "--release", "../animals")
    assert unknown.returncode == 2
    assert "no release" in unknown.stderr


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "menagerie", *arguments], capture_output=True, text=True, check=False
    )


def test_a_release_that_only_the_catalog_knows_is_a_fault(shelf: Shelf) -> None:
    folder = find_verified(shelf.dataset, "0123456789ab", is_known=lambda _: True)
    assert not folder.exists()
    with pytest.raises(MissingReleaseError):
        find_verified(shelf.dataset, "0123456789ab", is_known=lambda _: False)
    (shelf.dataset / "current").unlink()
    with pytest.raises(MissingReleaseError, match="--release"):
        find_verified(shelf.dataset, None, is_known=lambda _: True)
