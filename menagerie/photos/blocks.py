"""Blocks: arrays with a row for each of some hundred photos, as `.npy` files in a folder."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

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
        self._forms: dict[str, _Form] = {}
        self._open: OrderedDict[str, int] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            os.close(self._open.popitem()[1])

    def read(self, block: str, row: int, into: NDArray[Any]) -> None:
        """Read a row of a block into an array of its shape and type.

        Raises:
            OSError, ValueError: the block is not there, not whole, or has no such row.
        """
        form = self._forms.get(block) or self._look(block)
        if (form.shape, form.dtype) != (into.shape, into.dtype) or not 0 <= row < form.rows:
            raise ValueError(f"{form.path} has no row {row} of {into.dtype} {into.shape}")
        size = os.preadv(self._file(block), [into.data], form.start + row * into.nbytes)
        if size != into.nbytes:
            raise ValueError(f"{form.path} is cut off")

    def _look(self, block: str) -> "_Form":
        mapped = self._blocks.open(block)
        assert isinstance(mapped, np.memmap)
        path, shape = str(mapped.filename), mapped.shape
        self._forms[block] = _Form(path, mapped.offset, shape[0], shape[1:], mapped.dtype)
        return self._forms[block]

    def _file(self, block: str) -> int:
        if block not in self._open:
            if len(self._open) == _OPEN_FILES:
                os.close(self._open.popitem(last=False)[1])
            self._open[block] = os.open(self._forms[block].path, os.O_RDONLY)
        return self._open[block]


class _Form(NamedTuple):
    """Where the rows of a block begin in its file, how many there are, and what they are."""

    path: str
    start: int
    rows: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
