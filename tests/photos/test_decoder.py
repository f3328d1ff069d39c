"""The decoding child: whatever a photo does to it costs that photo and nothing else."""

import hashlib
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import DecoderError, StoppedError
from menagerie.photos.decoder import Decoder
from menagerie.photos.examining import Batch
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore
from tests.builders import encoded, picture
from tests.photos.hostile import hostile_files, many_scans

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="needs /proc, which Linux has"
)


@pytest.fixture
def decoder(tmp_path: Path) -> Iterator[Decoder]:
    decoder = Decoder(str(tmp_path / "photos"), tmp_path)
    yield decoder
    decoder.close()


def stored(tmp_path: Path, *files: bytes) -> list[str]:
    """Put files into the store and return their SHA-256."""
    store, sha256s = PhotoStore(str(tmp_path / "photos")), []
    for data in files:
        sha256s.append(hashlib.sha256(data).hexdigest())
        scratch = tmp_path / "scratch"
        scratch.write_bytes(data)
        store.adopt(scratch, sha256s[-1])
    return sha256s


def batch(sha256s: list[str]) -> Batch:
    return Batch(sha256s, "spec", 32, "crop")


def test_each_file_gets_a_fingerprint_and_a_row_of_the_block(
    tmp_path: Path, decoder: Decoder
) -> None:
    sha256s = stored(tmp_path, *(encoded(picture(seed=seed)) for seed in range(5)))
    examined = decoder.examine(batch(sha256s))
    assert list(examined.fingerprints) == examined.tiled == sha256s
    tiles = TileStore(tmp_path, "spec").open(examined.block)
    assert tiles.shape == (5, 32, 32, 3)
    assert len(np.unique(tiles.mean(axis=(1, 2, 3)))) == 5


def test_what_the_store_lost_is_told(tmp_path: Path, decoder: Decoder) -> None:
    (sha256,) = stored(tmp_path, encoded(picture()))
    examined = decoder.examine(batch(["f" * 64, sha256]))
    assert (examined.lost, examined.tiled) == (["f" * 64], [sha256])


def test_a_crash_of_the_decoder_costs_one_photo(tmp_path: Path, decoder: Decoder) -> None:
    files = stored(tmp_path, encoded(picture()), many_scans(7000, 7000, 1500), encoded(picture(99)))
    with signalling(decoder, files[1], signal.SIGSEGV):
        examined = decoder.examine(batch(files))
    assert examined.tiled == [files[0], files[2]]
    assert "crashes" in examined.faults[files[1]][1]


def test_a_child_that_is_killed_for_no_photo_is_replaced(tmp_path: Path, decoder: Decoder) -> None:
    files = stored(tmp_path, encoded(picture()), many_scans(7000, 7000, 400))
    with signalling(decoder, files[1], signal.SIGKILL, times=1):
        examined = decoder.examine(batch(files))
    assert (examined.tiled, examined.faults) == (files, {})


def test_a_stopped_decoder_says_so(tmp_path: Path, decoder: Decoder) -> None:
    (slow,) = stored(tmp_path, many_scans(7000, 7000, 1500))
    threading.Timer(0.1, lambda: when_decoding(decoder, slow, decoder.stop)).start()
    with pytest.raises(StoppedError):
        decoder.examine(batch([slow]))


def test_a_block_that_cannot_be_written_is_told(tmp_path: Path, decoder: Decoder) -> None:
    files = stored(tmp_path, encoded(picture()))
    (tmp_path / "tiles").write_text("in the way")
    with pytest.raises(DecoderError, match="cannot be decoded: "):
        decoder.examine(batch(files))


@needs_proc
def test_hostile_files_get_their_reason_in_little_memory(tmp_path: Path, decoder: Decoder) -> None:
    hostile = list(hostile_files())
    assert len(hostile) >= 60
    files = stored(tmp_path, *(data for _, data, _ in hostile))
    peaks: list[int] = []
    with watching(decoder, peaks):
        examined = decoder.examine(batch(files))
    told = {sha256: reason for sha256, (reason, _) in examined.faults.items()}
    for (name, _, reason), sha256 in zip(hostile, files, strict=True):
        assert told.get(sha256) == reason, name
    assert 0 < max(peaks) < 10**9
    names = [name for name, _, _ in hostile]
    assert "10 seconds" in examined.faults[files[names.index("jpeg-of-6000-scans")]][1]


def when_decoding(decoder: Decoder, sha256: str, act: Callable[[], None]) -> None:
    while sha256 not in decoder.under_way:
        time.sleep(0.01)
    act()


@contextmanager
def signalling(decoder: Decoder, sha256: str, number: int, times: int = 9) -> Iterator[None]:
    """Send a signal to the child whenever it decodes a file, so many times."""
    done = threading.Event()

    def run() -> None:
        sent: set[int] = set()
        while not done.wait(0.02) and len(sent) < times:
            child = decoder._child
            if child is not None and sha256 in decoder.under_way and child.pid not in sent:
                sent.add(child.pid)
                child.send_signal(number)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def watching(decoder: Decoder, peaks: list[int]) -> Iterator[None]:
    """Note the peak memory of each child that runs, in bytes."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(0.1):
            child = decoder._child
            with suppress(OSError):
                status = Path(f"/proc/{child.pid}/status").read_text() if child else ""
                peaks.extend(int(kb) * 1024 for kb in re.findall(r"VmHWM:\s+(\d+) kB", status))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
