"""What dead processes left is cleared away, and what is not ours costs no training."""

import os
from pathlib import Path

from menagerie.learning.building import building, remove_abandoned

DEAD = 2**22 + 1
"""No process has this number: Linux gives out none above 2 ** 22."""


def test_what_a_dead_process_was_building_goes_and_what_bears_no_number_stays(
    tmp_path: Path,
) -> None:
    for name in (f"0123456789ab-{DEAD}", f"0123456789ab-{10**30}", "foo", "foo-bar"):
        (tmp_path / f".building-{name}").mkdir()
    remove_abandoned(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".building-foo", ".building-foo-bar"]


def test_a_link_that_leads_to_itself_in_the_place_of_a_checkpoint_is_let_be(tmp_path: Path) -> None:
    loop = tmp_path / ".checkpoint-0123456789ab.npz"
    loop.symlink_to(loop)
    remove_abandoned(tmp_path)
    assert loop.is_symlink()


def test_what_a_dead_process_of_the_same_number_left_makes_room(tmp_path: Path) -> None:
    left = tmp_path / f".building-0123456789ab-{os.getpid()}"
    left.mkdir()
    (left / "model.keras").touch()
    with building(tmp_path, "0123456789ab") as folder:
        assert folder == left
        assert not list(folder.iterdir())
