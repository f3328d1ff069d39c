"""`menagerie export`: its answers, its refusals, its exit codes."""

import io
import json
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from menagerie.cli import main
from menagerie.errors import MissingReleaseError
from menagerie.export.run import export_release
from menagerie.export.source import open_source
from menagerie.progress import unwatched
from menagerie.release.current import CHECKSUMS
from menagerie.release.sealing import seal
from menagerie.release.withdrawn import note_withdrawn
from tests.export.builders import publish


def run(dataset: Path, out: Path, *more: str, kind: str = "webdataset") -> tuple[int, str, str]:
    """Run the command in this process; return its exit code and what it wrote."""
    call = ["menagerie", "export", dataset.name, "--format", kind, "--out", str(out), *more]
    code, interrupt = 0, signal.getsignal(signal.SIGINT)
    with (
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
        redirect_stdout(io.StringIO()) as printed,
        redirect_stderr(io.StringIO()) as said,
    ):
        patch.setattr(sys, "argv", call)
        patch.setenv("MENAGERIE_DATASETS", str(dataset.parent))
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            signal.signal(signal.SIGINT, interrupt)
    return code, printed.getvalue(), said.getvalue()


def refused(dataset: Path, out: Path, code: int, *more: str, kind: str = "webdataset") -> str:
    """Run a command that must be refused; return its one sentence."""
    ended, printed, said = run(dataset, out, *more, kind=kind)
    assert ended == code, said
    assert printed == ""
    (sentence,) = (line for line in said.splitlines() if line.startswith("Error: "))
    assert "Traceback" not in said
    assert "fault of menagerie" not in said
    return sentence


@pytest.fixture
def dataset(tmp_path: Path, release: Path) -> Path:
    """A dataset of one's own with a release."""
    shutil.copytree(release.parents[1], tmp_path / "datasets/animals", symlinks=True)
    return tmp_path / "datasets/animals"


def test_json_is_one_document(dataset: Path, release: Path, tmp_path: Path) -> None:
    code, printed, said = run(dataset, tmp_path / "out", "--json")
    assert code == 0, said
    assert json.loads(printed) == {
        "dataset": "animals",
        "release": release.name,
        "format": "webdataset",
        "path": str(tmp_path / "out"),
        "samples": {"train": 48, "test": 12},
        "shards": {"train": 1, "test": 1},
        "written": 60,
        "kept": 0,
    }


def test_an_older_release_is_exported_by_its_id(dataset: Path, release: Path) -> None:
    publish(dataset, samples=30)
    out = dataset.parent / "out"
    code, printed, _ = run(dataset, out, "--release", release.name)
    assert code == 0
    assert f"release {release.name} of animals as webdataset: 48 to train, 12 to test" in printed
    assert json.loads((out / "export.json").read_text())["release"] == release.name


def test_instead_of_a_withdrawn_release_its_successor_is_exported(
    dataset: Path, release: Path
) -> None:
    newer = publish(dataset, samples=30)
    shutil.rmtree(dataset / "releases" / release.name)
    note_withdrawn(dataset / "releases", release.name, newer.name)
    code, printed, said = run(dataset, dataset.parent / "out", "--release", release.name)
    assert code == 0, said
    assert f"release {newer.name} of animals" in printed


def test_an_unknown_format_is_refused(dataset: Path, tmp_path: Path) -> None:
    assert "'zip' is not one of 'folder'" in refused(dataset, tmp_path / "out", 2, kind="zip")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["nosuch", "../releases", ".", ""])
def test_a_release_that_is_not_there_is_refused(dataset: Path, tmp_path: Path, name: str) -> None:
    sentence = refused(dataset, tmp_path / "out", 2, "--release", name)
    assert f"no release {name!r}" in sentence
    assert (dataset / "current").readlink().name in sentence


def test_a_dataset_without_a_release_is_refused(dataset: Path, tmp_path: Path) -> None:
    (dataset / "current").unlink()
    assert "menagerie refresh animals" in refused(dataset, tmp_path / "out", 2)


def test_a_folder_that_holds_something_else_is_refused(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    assert "thesis.tex" in refused(dataset, out, 2)
    assert [path.name for path in out.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_folder(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("years of work")
    assert "is a file" in refused(dataset, tmp_path / "out", 2)


def test_an_export_of_another_release_or_format_is_refused(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(dataset, out)[0] == 0
    assert "as webdataset" in refused(dataset, out, 2, kind="folder")
    publish(dataset, samples=30)
    assert "holds an export of animals, release" in refused(dataset, out, 2)


def test_an_unfinished_export_of_another_format_is_refused(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(dataset, out)[0] == 0
    (out / ".unfinished").mkdir()
    (out / "export.json").rename(out / ".unfinished/export.json")
    (out / "train-000000.tar").unlink()
    assert "as webdataset" in refused(dataset, out, 2, kind="folder")
    assert run(dataset, out)[0] == 0
    assert (out / "train-000000.tar").exists()


def test_a_damaged_release_is_told(dataset: Path, tmp_path: Path) -> None:
    images = np.load(dataset / "current/x_test.npy", mmap_mode="r+")
    images[0, 0, 0, 0] ^= np.uint8(1)
    images.flush()
    assert "menagerie release animals" in refused(dataset, tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_does_not_fit_the_arrays_is_told(dataset: Path, tmp_path: Path) -> None:
    folder = (dataset / "current").resolve()
    manifest = pq.read_table(folder / "manifest.parquet")
    pq.write_table(manifest.take(list(reversed(range(60)))), folder / "manifest.parquet")
    (folder / CHECKSUMS).unlink()
    seal(folder)
    sentence = refused(dataset, tmp_path / "out", 1)
    assert "manifest" in sentence
    assert "menagerie release" in sentence


def test_a_folder_that_cannot_be_made_is_told(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--out" in refused(dataset, tmp_path / "file/out", 1)


def test_two_exports_to_one_folder_are_one_too_many(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / ".unfinished").mkdir(parents=True)
    with FileLock(out / ".unfinished/.lock"):
        assert "is busy" in refused(dataset, out, 1)
    assert run(dataset, out)[0] == 0


def test_a_release_that_is_removed_meanwhile_is_told(dataset: Path, tmp_path: Path) -> None:
    source = open_source(dataset, None)
    shutil.rmtree(source.folder)
    with pytest.raises(MissingReleaseError, match=r"was removed meanwhile.*another folder"):
        export_release(source, "folder", tmp_path / "out", unwatched)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 kilobytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", ["folder", "tfrecord"])
def test_a_full_disk_is_told_and_with_room_the_same_command_goes_on(
    dataset: Path, small_disk: Path, kind: str
) -> None:
    sentence = refused(dataset, small_disk / "out", 1, kind=kind)
    assert f"The disk of {small_disk / 'out'} is full" in sentence
    subprocess.run(["mount", "-o", "remount,size=9m", str(small_disk)], check=True)
    assert run(dataset, small_disk / "out", kind=kind)[0] == 0
