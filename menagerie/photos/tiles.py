"""Tile blocks: samples cut at decoding time, so that a release copies and does not decode."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.photos.decode import DECODER
from menagerie.recipe import Release


def tile_spec(release: Release, decoder: str = DECODER) -> str:
    """Name the kind of tile that a recipe needs, with the decoder that cuts it."""
    return f"{decoder}-{release.image_size_px}-{release.resize}"


class TileStore:
    """Blocks of tiles as `.npy` files, uint8 (n, size, size, 3).

    Once written a block is not changed, but for photos that are to be forgotten.
    """

    def __init__(self, home: Path, spec: str) -> None:
        self._folder = home / "tiles" / spec

    def write(self, sha256s: Sequence[str], tiles: NDArray[np.uint8]) -> str:
        """Write a block and return its name, which follows from whose tiles it holds."""
        name = hashlib.sha256("".join(sha256s).encode()).hexdigest()[:40]
        self._replace(name, tiles)
        return name

    def blank(self, block: str, rows: Sequence[int]) -> None:
        """Blacken rows of a block, in one step; the others keep their place."""
        if block in self:
            tiles = np.array(self.open(block))
            tiles[list(rows)] = 0
            self._replace(block, tiles)

    def _replace(self, name: str, tiles: NDArray[np.uint8]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{name}-{os.getpid()}"
        with unfinished.open("wb") as out:
            np.save(out, tiles, allow_pickle=False)
        unfinished.replace(self._folder / f"{name}.npy")

    def __contains__(self, block: str) -> bool:
        try:
            self.open(block)
        except (OSError, ValueError):
            # Missing, or cut off: mapping it checks its length.
            return False
        return True

    def open(self, block: str) -> NDArray[np.uint8]:
        """Map a block into memory.

        Raises:
            OSError, ValueError: it is not there, or not whole.
        """
        mapped: NDArray[np.uint8] = np.load(
            self._folder / f"{block}.npy", mmap_mode="r", allow_pickle=False
        )
        return mapped
