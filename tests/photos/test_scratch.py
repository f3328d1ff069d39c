"""Unfinished downloads of this process, of dead ones, and of other machines."""

import os
import socket
from pathlib import Path

from menagerie.photos.scratch import clear_abandoned, scratch_folder

DEAD = 999_999_999


def test_nothing_unfinished_stays_behind(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as mine:
        (mine / "1").write_bytes(b"half")
    assert not mine.exists()


def test_folders_of_dead_processes_are_cleared_away_and_no_others(tmp_path: Path) -> None:
    here = socket.gethostname()
    names = [str(DEAD), f"{here}.{DEAD}", f"{here}.{os.getpid()}", f"elsewhere.{DEAD}"]
    for name in names:
        (tmp_path / "unfinished" / name).mkdir(parents=True)
        (tmp_path / "unfinished" / name / "17").write_bytes(b"half")
    clear_abandoned(tmp_path)
    assert sorted(p.name for p in (tmp_path / "unfinished").iterdir()) == sorted(names[2:])
