"""Blocks: arrays with a row for each of some hundred photos, as `.npy` files in a folder."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_OPEN_FILES = 128


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


class RowReader:
    """Reads rows of blocks into memory that is lent to it.

    Mapped blocks would be as fast, but each page that was ever read counts as this process's.
    """

    def __init__(self, blocks: BlockStore) -> None:
        self._blocks = blocks
        self._open: OrderedDict[str, _File] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def read(self, block: str, row: int, into: NDArray[Any]) -> None:
        """Read a row of a block into an array of its shape and type.

        Raises:
            OSError, ValueError: the block is not there, not whole, or has no such row.
        """
        self._file(block).read(row, into)

    def _file(self, block: str) -> "_File":
        if block not in self._open:
            if len(self._open) == _OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            self._open[block] = _File(self._blocks.open(block))
        return self._open[block]


class _File:
    """A block's file, opened to read single rows of it."""

    def __init__(self, mapped: NDArray[Any]) -> None:
        assert isinstance(mapped, np.memmap)
        assert mapped.filename is not None
        self._form = (mapped.shape[1:], mapped.dtype)
        self._rows, self._start = len(mapped), mapped.offset
        self._name = mapped.filename
        self._number = os.open(self._name, os.O_RDONLY)

    def read(self, row: int, into: NDArray[Any]) -> None:
        if self._form != (into.shape, into.dtype) or not 0 <= row < self._rows:
            raise ValueError(f"{self._name} has no row {row} of {into.dtype} {into.shape}")
        size = os.preadv(self._number, [into.data], self._start + row * into.nbytes)
        if size != into.nbytes:
            raise ValueError(f"{self._name} is cut off")

    def close(self) -> None:
        os.close(self._number)
