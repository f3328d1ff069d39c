"""Tile blocks are whole or not there."""

from pathlib import Path

import numpy as np
import pytest

from menagerie.photos.tiles import TileStore, tile_spec
from tests.builders import recipe

TILES = np.arange(2 * 8 * 8 * 3, dtype=np.uint8).reshape(2, 8, 8, 3)


def test_a_block_reads_back(tmp_path: Path) -> None:
    store = TileStore(tmp_path, "spec")
    block = store.write(["a", "b"], TILES)
    assert np.array_equal(store.open(block), TILES)
    assert [p.name for p in (tmp_path / "tiles/spec").iterdir()] == [f"{block}.npy"]


def test_the_same_photos_make_the_same_block(tmp_path: Path) -> None:
    store = TileStore(tmp_path, "spec")
    assert store.write(["a", "b"], TILES) == store.write(["a", "b"], TILES)
    assert store.write(["b", "a"], TILES) != store.write(["a", "b"], TILES)


def test_a_missing_block_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TileStore(tmp_path, "spec").open("nothing")


def test_another_size_is_another_kind_of_tile() -> None:
    sizes = [tile_spec(recipe(release={"image_size_px": n}).release) for n in (32, 64)]
    assert sizes[0] != sizes[1]
