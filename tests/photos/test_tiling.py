"""The tile children: whatever a photo does to its decoder costs that photo and nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import PhotoError
from menagerie.photos.decode import read_tile
from menagerie.photos.tiling import Tiler
from tests.builders import encoded, picture
from tests.photos.hostile import hostile_files, many_scans
from tests.processes import ended, wait_until

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="needs /proc, which Linux has"
)


@pytest.fixture
def tiler() -> Iterator[Tiler]:
    with Tiler(32, "crop", 1) as tiler:
        yield tiler


def children() -> list[int]:
    mine = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    ids = [int(child) for file in mine for child in file.read_text().split()]
    return [n for n in ids if b"tile_child" in of_process(n, "cmdline")]


def of_process(number: int, name: str) -> bytes:
    """Read what /proc tells of a process; nothing once it has ended."""
    try:
        return Path(f"/proc/{number}/{name}").read_bytes()
    except OSError:
        return b""


def kill_when_busy(how: signal.Signals, times: int) -> threading.Thread:
    """Send a signal to each child that begins to decode for long, so many times."""

    def run() -> None:
        done, give_up = set[int](), time.monotonic() + 60
        while len(done) < times and time.monotonic() < give_up:
            for child in children():
                fields = of_process(child, "stat").rpartition(b")")[2].split()
                # More than the start of an interpreter takes.
                if child not in done and fields and int(fields[11]) > 150:
                    os.kill(child, how)
                    done.add(child)
            time.sleep(0.02)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_tile_is_what_the_one_decode_path_makes(tmp_path: Path, tiler: Tiler) -> None:
    data = encoded(picture())
    (tmp_path / "photo.jpg").write_bytes(data)
    expected = read_tile(data, 32, "crop")
    assert np.array_equal(tiler.cut(tmp_path / "photo.jpg").pixels, expected)
    assert np.array_equal(tiler.cut_bytes(data).pixels, expected)


def test_a_path_need_not_be_text(tmp_path: Path, tiler: Tiler) -> None:
    path = os.fsencode(tmp_path) + b'/\xff"\n.jpg'
    Path(os.fsdecode(path)).write_bytes(encoded(picture()))
    assert tiler.cut(Path(os.fsdecode(path))).pixels.shape == (32, 32, 3)


def test_what_is_no_photo_says_so_and_costs_no_child(tmp_path: Path, tiler: Tiler) -> None:
    faults = {}
    for name, data, reason in hostile_files():
        if reason is not None and name != "jpeg-of-6000-scans":
            with pytest.raises(PhotoError) as refusal:
                tiler.cut_bytes(data)
            faults[name] = (refusal.value.reason, reason)
    assert len(faults) > 30
    assert all(found == expected for found, expected in faults.values())
    with pytest.raises(PhotoError, match="is a folder without photos"):
        tiler.cut(tmp_path)
    with pytest.raises(PhotoError, match="does not exist"):
        tiler.cut(tmp_path / "missing.jpg")


@needs_proc
def test_a_crash_of_the_decoder_costs_one_photo(tiler: Tiler) -> None:
    killer = kill_when_busy(signal.SIGSEGV, times=2)
    with pytest.raises(PhotoError, match=r"crashes its decoder \(status -11\)"):
        tiler.cut_bytes(many_scans(7000, 7000, 1500))
    killer.join()
    assert tiler.cut_bytes(encoded(picture())).pixels.any()


@needs_proc
def test_a_child_that_is_killed_for_no_photo_is_replaced(tiler: Tiler) -> None:
    killer = kill_when_busy(signal.SIGKILL, times=1)
    assert tiler.cut_bytes(many_scans(7000, 7000, 400)).pixels.shape == (32, 32, 3)
    killer.join()


def test_a_photo_that_takes_too_long_is_given_up(tiler: Tiler) -> None:
    with pytest.raises(PhotoError, match="more than 10 seconds"):
        tiler.cut_bytes(many_scans(7000, 7000, 6000))


@needs_proc
def test_no_child_outlives_its_tiler() -> None:
    # Others of this process have children, too.
    before = children()
    with Tiler(32, "crop", 2) as tiler:
        tiler.cut_bytes(encoded(picture()))
        assert len(children()) == len(before) + 1
    assert children() == before


@needs_proc
def test_no_child_outlives_a_parent_that_is_killed() -> None:
    code = (
        "import sys; from menagerie.photos.tiling import Tiler; tiler = Tiler(32, 'crop', 1);"
        "tiler.cut_bytes(sys.stdin.buffer.read());"
        "print(tiler._idle.get().pid, flush=True); import time; time.sleep(60)"
    )
    pipe = subprocess.PIPE
    with ended(subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe)) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        with parent.stdin as photo:
            photo.write(encoded(picture()))
        child = int(parent.stdout.readline())
    wait_until(lambda: not of_process(child, "cmdline"), "the child is gone")
