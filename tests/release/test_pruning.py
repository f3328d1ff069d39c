"""Old releases go when they are told to, and nothing that is needed goes with them."""

import os
import signal
import subprocess
import sys

import pytest

from menagerie.history import list_releases, release_folders
from menagerie.pruning import plan_pruning, prune
from menagerie.release.sealing import is_whole
from tests.release.conftest import Shelf


def pruned(shelf: Shelf, keep: int) -> dict[str, str]:
    """Prune; return why each release that is left was kept."""
    plan = plan_pruning(shelf.shop.catalog, shelf.dataset, keep)
    prune(shelf.shop.catalog, shelf.dataset, plan)
    assert {fate.release for fate in plan.kept} == {p.name for p in release_folders(shelf.dataset)}
    return {fate.release: fate.why for fate in plan.kept}


def test_the_newest_stay_and_the_others_go(shelf: Shelf) -> None:
    shelf.publish("Second")
    newest = [shelf.publish(title) for title in ("Third", "Fourth")]
    assert set(pruned(shelf, 2)) == set(newest)


def test_what_is_no_release_counts_for_none_and_stays(shelf: Shelf) -> None:
    newest = {shelf.publish(title) for title in ("Second", "Third")}
    strays = [shelf.dataset / "releases" / name for name in ("stray", "a" * 12, "b" * 12)]
    for stray in strays[:2]:
        stray.mkdir()
    strays[2].symlink_to(shelf.dataset)
    assert set(pruned(shelf, 2)) == newest
    assert all(stray.is_dir() for stray in strays)


def test_a_damaged_release_counts_for_none_and_stays(shelf: Shelf) -> None:
    first, second, third = shelf.current, shelf.publish("Second"), shelf.publish("Third")
    (shelf.dataset / "releases" / second / "x_test.npy").write_bytes(b"cut off")
    kept = pruned(shelf, 2)
    assert (set(kept), kept[second][:7]) == ({first, second, third}, "damaged")


def test_what_a_model_was_trained_on_stays(shelf: Shelf) -> None:
    first = shelf.current
    shelf.add_model("aaa111", first)
    shelf.publish("Second")
    third = shelf.publish("Third")
    assert pruned(shelf, 1) == {
        third: "current; one of the newest 1",
        first: "trained on it: aaa111",
    }


def test_the_current_release_stays_though_it_is_old(shelf: Shelf) -> None:
    first = shelf.current
    second = shelf.publish("Second")
    shelf.publish("Animals")
    assert pruned(shelf, 1) == {second: "one of the newest 1", first: "current"}


def test_what_is_removed_is_built_again_when_it_is_needed(shelf: Shelf) -> None:
    first = shelf.current
    shelf.publish("Second")
    pruned(shelf, 1)
    assert shelf.publish("Animals") == first
    assert is_whole(shelf.dataset / "current")
    newest, _ = list_releases(shelf.shop.catalog, shelf.dataset)
    assert newest.id == first


def test_with_nothing_to_remove_nothing_is_removed(shelf: Shelf) -> None:
    assert plan_pruning(shelf.shop.catalog, shelf.dataset, 5).removed == ()


_KILLED = """
import os, signal, sys
from menagerie.cli import cli

left, begun = int(sys.argv[1]), False

def count(event, arguments):
    # Each change of a folder is a moment to be killed at, the first being that of a release.
    global left, begun
    begun = begun or (event == "os.rename" and "releases" in str(arguments))
    if begun and event in {"os.rename", "os.remove", "os.rmdir"}:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
cli(["prune", "animals", "--keep", "1", "--yes"])
"""


@pytest.mark.parametrize("moment", [0, 1, 9, 18])
def test_killed_at_any_moment_each_release_is_whole_or_not_there(shelf: Shelf, moment: int) -> None:
    shelf.publish("Second")
    shelf.publish("Third")
    shelf.shop.catalog.close()
    command = [sys.executable, "-c", _KILLED, str(moment)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert all(is_whole(folder) for folder in release_folders(shelf.dataset))
    pruned(shelf, 1)
    assert [p.name for p in (shelf.dataset / "releases").iterdir()] == [shelf.current]
