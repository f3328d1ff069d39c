"""A photo that a model was trained on is found among the test photos of any release."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from menagerie.errors import MissingReleaseError
from menagerie.learning.exposure import same_photos, seen_rows, split_of, trained_bytes
from tests.learning.builders import manifest


@pytest.fixture
def releases(tmp_path: Path) -> tuple[Path, Path]:
    """An old release and a new one, whose test split holds photo 2 of the old train split."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    manifest(tmp_path / "old", train=["1", "2"], test=["3", "4"])
    manifest(tmp_path / "new", train=["1", "5"], test=["4", "2", "6", "3"])
    return tmp_path / "old", tmp_path / "new"


def test_a_photo_of_the_train_split_is_seen(releases: tuple[Path, Path]) -> None:
    old, new = releases
    assert seen_rows(new, old, 4).tolist() == [False, True, False, False]
    assert seen_rows(new, new, 4).tolist() == [False] * 4


def test_the_same_bytes_under_another_id_are_seen(releases: tuple[Path, Path]) -> None:
    old, new = releases
    copied = hashlib.sha256(b"bytes of 1").hexdigest()
    entry = {"source": ["openverse"], "split": ["test"], "row": [0], "photo_id": ["9"]}
    pyarrow.parquet.write_table(pa.table({**entry, "sha256": [copied]}), new / "manifest.parquet")
    assert seen_rows(new, old, 1).tolist() == [True]


def test_photos_of_both_test_splits_are_found_in_both(releases: tuple[Path, Path]) -> None:
    rows, theirs = same_photos(releases[1], releases[0])
    assert list(zip(rows.tolist(), theirs.tolist(), strict=True)) == [(0, 1), (3, 0)]


def test_rows_come_in_their_order_and_a_missing_column_holds_nothing(
    releases: tuple[Path, Path],
) -> None:
    table = split_of(releases[1], "test", ("photo_id", "license"))
    assert table["photo_id"].to_pylist() == ["4", "2", "6", "3"]
    assert table["license"].to_pylist() == [None] * 4


def test_without_a_manifest_nobody_can_tell(releases: tuple[Path, Path]) -> None:
    old, new = releases
    (old / "manifest.parquet").unlink()
    assert trained_bytes(old) == frozenset()
    with pytest.raises(MissingReleaseError, match="cannot be told which photos"):
        seen_rows(new, old, 4)
