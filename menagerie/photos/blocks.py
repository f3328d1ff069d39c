"""Blocks: arrays with a row for each of some hundred photos, as `.npy` files in a folder."""

import hashlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class BlockStore:
    """Blocks of one kind, (n, ...) each.

    Once written a block is not changed, but for photos that are to be forgotten.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, sha256s: Sequence[str], rows: NDArray[Any]) -> str:
        """Write a block and return its name, which follows from whose rows it holds."""
        name = hashlib.sha256("".join(sha256s).encode()).hexdigest()[:40]
        self._replace(name, rows)
        return name

    def blank(self, block: str, rows: Sequence[int]) -> None:
        """Set rows of a block to zero, in one step; the others keep their place."""
        if block in self:
            values = np.array(self.open(block))
            values[list(rows)] = 0
            self._replace(block, values)

    def clear(self, named: Collection[str]) -> None:
        """Remove the blocks that have none of these names, and what writers have left."""
        for file in self._folder.glob("*"):
            if file.suffix != ".npy" or file.stem not in named:
                file.unlink()

    def _replace(self, name: str, rows: NDArray[Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{name}-{os.getpid()}"
        with unfinished.open("wb") as out:
            np.save(out, rows, allow_pickle=False)
        unfinished.replace(self._folder / f"{name}.npy")

    def __contains__(self, block: str) -> bool:
        try:
            self.open(block)
        except (OSError, ValueError):
            # Missing, or cut off: mapping it checks its length.
            return False
        return True

    def open(self, block: str) -> NDArray[Any]:
        """Map a block into memory.

        Raises:
            OSError, ValueError: it is not there, or not whole.
        """
        mapped: NDArray[Any] = np.load(
            self._folder / f"{block}.npy", mmap_mode="r", allow_pickle=False
        )
        return mapped
