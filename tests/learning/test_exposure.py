"""A photo that a model was trained on is found among the test photos of any release."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from menagerie.errors import MissingReleaseError, TrainingError
from menagerie.learning.exposure import Seen, same_photos, split_of, write_seen
from tests.learning.builders import manifest


@pytest.fixture
def releases(tmp_path: Path) -> tuple[Path, Path]:
    """An old release and a new one, whose test split holds photo 2 of the old train split."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    manifest(tmp_path / "old", train=["1", "2"], test=["3", "4"])
    manifest(tmp_path / "new", train=["1", "5"], test=["4", "2", "6", "3"])
    return tmp_path / "old", tmp_path / "new"


@pytest.fixture
def model(releases: tuple[Path, Path], tmp_path: Path) -> Path:
    """What a model of the old release keeps, which is gone by now."""
    (tmp_path / "model").mkdir()
    write_seen(releases[0], tmp_path / "model" / "seen.npy")
    (releases[0] / "manifest.parquet").unlink()
    return tmp_path / "model"


def test_a_photo_of_the_train_split_is_seen(releases: tuple[Path, Path], model: Path) -> None:
    assert Seen(model).rows(releases[1]).tolist() == [False, True, False, False]


def test_the_same_bytes_under_another_id_are_seen(releases: tuple[Path, Path], model: Path) -> None:
    copied = hashlib.sha256(b"bytes of 1").hexdigest()
    entry = {"source": ["openverse"], "split": ["test"], "row": [0], "photo_id": ["9"]}
    table = pa.table({**entry, "sha256": [copied]})
    pyarrow.parquet.write_table(table, releases[1] / "manifest.parquet")
    assert Seen(model).rows(releases[1]).tolist() == [True]
    assert Seen(model).has_bytes(copied)
    assert not Seen(model).has_bytes(hashlib.sha256(b"bytes of 3").hexdigest())


def test_photos_without_known_bytes_are_told_by_their_id_alone(
    releases: tuple[Path, Path], model: Path
) -> None:
    entry = {"source": ["flickr"] * 2, "split": ["test"] * 2, "row": [0, 1]}
    table = pa.table({**entry, "photo_id": ["1", "9"], "sha256": pa.nulls(2, pa.string())})
    pyarrow.parquet.write_table(table, releases[1] / "manifest.parquet")
    assert Seen(model).rows(releases[1]).tolist()[1] is False


def test_photos_of_both_test_splits_are_found_in_both(releases: tuple[Path, Path]) -> None:
    rows, theirs = same_photos(releases[1], releases[0])
    assert list(zip(rows.tolist(), theirs.tolist(), strict=True)) == [(0, 1), (3, 0)]


def test_rows_come_in_their_order_and_a_missing_column_holds_nothing(
    releases: tuple[Path, Path],
) -> None:
    table = split_of(releases[1], "test", ("photo_id", "license"))
    assert table["photo_id"].to_pylist() == ["4", "2", "6", "3"]
    assert table["license"].to_pylist() == [None] * 4


def test_of_a_model_whose_release_had_no_manifest_nobody_can_tell(
    releases: tuple[Path, Path], tmp_path: Path
) -> None:
    (releases[0] / "manifest.parquet").unlink()
    write_seen(releases[0], tmp_path / "seen.npy")
    assert not Seen(tmp_path)
    with pytest.raises(MissingReleaseError, match="cannot be told which photos"):
        Seen(tmp_path).rows(releases[1])


@pytest.mark.parametrize("content", [b"", b"not an array"])
def test_a_damaged_memory_is_no_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seen.npy").write_bytes(content)
    with pytest.raises(TrainingError, match=r"seen\.npy cannot be used"):
        Seen(tmp_path)
