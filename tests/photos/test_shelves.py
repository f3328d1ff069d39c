"""Blocks in a folder and in a store by URL: what is written is read, and nothing stays behind."""

import io
import os
import tempfile
from pathlib import Path

import fsspec
import numpy as np
import pytest

from menagerie.photos.blocks import BlockStore, RowReader
from menagerie.photos.shelves import kinds_of

ROWS = np.arange(4 * 2 * 2 * 3, dtype=np.uint8).reshape(4, 2, 2, 3)


@pytest.fixture(params=["folder", "file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return a home, a folder by URL, and a store that is no folder at all."""
    if request.param == "folder":
        return tmp_path
    return f"file://{tmp_path}" if request.param == "file" else f"memory://{tmp_path.name}"


def test_what_one_writes_another_reads_row_by_row(root: Path | str) -> None:
    writer, reader = BlockStore(root, "tiles/k"), BlockStore(root, "tiles/k")
    first, second = writer.write(["a", "b"], ROWS), writer.write(["c"], ROWS + 100)
    into = np.zeros((2, 2, 3), np.uint8)
    with RowReader(reader) as rows:
        for block, expected in ((second, ROWS + 100), (first, ROWS), (second, ROWS + 100)):
            rows.read(block, 2, into)
            assert np.array_equal(into, expected[2])
    assert np.array_equal(reader.open(first), ROWS)


def test_blanked_rows_are_blank_for_whoever_reads_next(root: Path | str) -> None:
    block = BlockStore(root, "tiles/k").write(["a"], ROWS + 1)
    store = BlockStore(root, "tiles/k")
    store.blank(block, [1, 3])
    for reader in (store, BlockStore(root, "tiles/k")):
        assert [bool(row.any()) for row in reader.open(block)] == [True, False, True, False]


def test_blocks_that_are_lost_are_named_and_those_nobody_names_cleared(root: Path | str) -> None:
    store = BlockStore(root, "tiles/k")
    kept, other = store.write(["a"], ROWS), store.write(["b"], ROWS)
    assert store.lost([kept, other, "never"]) == {"never"}
    store.clear([kept])
    assert store.lost([kept, other]) == {other}
    assert other not in store
    with pytest.raises((OSError, ValueError)):
        BlockStore(root, "tiles/k").open(other)


def test_kinds_are_told_by_group(root: Path | str) -> None:
    BlockStore(root, "tiles/one").write(["a"], ROWS)
    BlockStore(root, "embeddings/two").write(["a"], ROWS)
    assert kinds_of(root, "tiles") == ["one"]
    assert kinds_of(root, "models") == []


def test_a_block_that_is_cut_off_is_not_read(root: Path | str) -> None:
    block = BlockStore(root, "tiles/k").write(["a"], ROWS)
    files, path = fsspec.core.url_to_fs(f"{root}/tiles/k/{block}.npy")
    files.pipe_file(path, files.cat_file(path)[:-1])
    with pytest.raises(ValueError, match=r"cut off|greater than file size"):
        BlockStore(root, "tiles/k").open(block)


@pytest.mark.parametrize("kept", [[0, 1, 2, 3], [1, 3], [2]])
def test_rows_written_in_any_order_make_the_block_of_those_that_are_kept(
    root: Path | str, kept: list[int]
) -> None:
    store = BlockStore(root, "tiles/k")
    with store.draft(ROWS.shape[1:], ROWS.dtype) as draft:
        for row in (3, 1, 2, 0):
            draft.write(row, ROWS[[row]])
        draft.finish("drafted", kept)
    files, path = fsspec.core.url_to_fs(f"{root}/tiles/k/drafted.npy")
    expected = io.BytesIO()
    np.save(expected, ROWS[kept])
    assert files.cat_file(path) == expected.getvalue()
    assert len(files.find(path.rpartition("/")[0])) == 1


def test_a_draft_that_is_given_up_leaves_nothing(root: Path | str) -> None:
    store = BlockStore(root, "tiles/k")
    with store.draft((2, 2, 3), np.uint8) as draft:
        draft.write(0, ROWS)
    files, path = fsspec.core.url_to_fs(f"{root}/tiles/k")
    assert not files.exists(path) or files.find(path) == []


def test_rows_of_another_shape_or_type_are_refused(tmp_path: Path) -> None:
    with BlockStore(tmp_path, "tiles/k").draft((2, 2, 3), np.uint8) as draft:
        for wrong in (ROWS[:, 0], ROWS.astype(np.int64), ROWS[0]):
            with pytest.raises(ValueError, match="are not uint8"):
                draft.write(0, wrong)


def test_a_reader_of_a_store_leaves_no_file_with_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    store = BlockStore(f"memory://{tmp_path.name}", "tiles/k")
    block = store.write(["a"], ROWS)
    mapped = store.open(block)
    assert os.listdir(tmp_path / "temporary") == []  # noqa: PTH208
    assert np.array_equal(mapped, ROWS)
