"""The one file for old scripts."""

from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import CallError
from menagerie.release.arrays import read_samples
from menagerie.release.legacy import refuse_legacy_place, write_legacy
from tests.release.builders import sample, write_release


def test_a_script_unpacks_the_four_arrays(tmp_path: Path) -> None:
    photos = [sample("1"), sample("2"), sample("3", split="test")]
    release = write_release(tmp_path / "release", photos)
    write_legacy(release, tmp_path / "animal.npy")
    x_train, x_test, y_train, y_test = np.load(tmp_path / "animal.npy", allow_pickle=True)
    train, test = read_samples(release, "train"), read_samples(release, "test")
    for written, kept in (
        (x_train, train.x),
        (x_test, test.x),
        (y_train, train.y),
        (y_test, test.y),
    ):
        assert type(written) is np.ndarray
        assert written.dtype == kept.dtype
        assert np.array_equal(written, kept)


def test_splits_of_one_size_stay_four_arrays(tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", [sample("1"), sample("2", split="test")])
    write_legacy(release, tmp_path / "animal.npy")
    assert np.load(tmp_path / "animal.npy", allow_pickle=True).shape == (4,)


def test_the_same_release_gives_the_same_file(tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", [sample("1"), sample("2", split="test")])
    for name in ("a.npy", "b.npy"):
        write_legacy(release, tmp_path / name)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


@pytest.mark.parametrize("file", ["animal.npz", "nowhere/animal.npy", "releases/abc/animal.npy"])
def test_a_place_that_is_no_good_is_refused(tmp_path: Path, file: str) -> None:
    (tmp_path / "releases/abc").mkdir(parents=True)
    with pytest.raises(CallError):
        refuse_legacy_place(tmp_path / file, tmp_path)


def test_a_file_beside_the_releases_is_fine(tmp_path: Path) -> None:
    refuse_legacy_place(tmp_path / "animal.npy", tmp_path)
