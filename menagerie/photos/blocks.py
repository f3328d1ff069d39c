"""Blocks: arrays with a row for each of some hundred photos, as `.npy` files."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from menagerie.photos.draft import Draft
from menagerie.photos.shelves import put, shelf_of

_OPEN_FILES = 128


def block_name(sha256s: Sequence[str]) -> str:
    """Name a block, by whose rows it holds."""
    return hashlib.sha256("".join(sha256s).encode()).hexdigest()[:40]


class BlockStore:
    """Blocks of one kind, (n, ...) each, in a home, or in a store by its URL.

    Once written a block is not changed, but for photos that are to be forgotten.
    """

    def __init__(self, root: Path | str, kind: str = "") -> None:
        self._shelf = shelf_of(root, kind)

    def write(self, sha256s: Sequence[str], rows: NDArray[Any]) -> str:
        """Write a block and return its name."""
        name = block_name(sha256s)
        put(self._shelf, name, rows)
        return name

    def draft(self, shape: Sequence[int], dtype: DTypeLike) -> AbstractContextManager[Draft]:
        """Begin a block of rows of a shape and type that come one by one."""
        return self._shelf.draft(shape, dtype)

    def blank(self, block: str, rows: Sequence[int]) -> None:
        """Set rows of a block to zero, in one step; the others keep their place."""
        if block in self:
            values = np.array(self.open(block))
            values[list(rows)] = 0
            put(self._shelf, block, values)

    def clear(self, named: Collection[str]) -> None:
        """Remove the blocks that have none of these names, and what writers have left."""
        self._shelf.clear(named)

    def lost(self, named: Collection[str]) -> set[str]:
        """Return which of the names are those of no whole block."""
        return self._shelf.lost(named) if named else set()

    def __contains__(self, block: str) -> bool:
        return not self.lost([block])

    def open(self, block: str) -> NDArray[Any]:
        """Map a block into memory.

        Raises:
            OSError, ValueError: it is not there, or not whole.
        """
        return self._shelf.open(block)

    def descriptor(self, block: str) -> int:
        """Open the file that an opened block was mapped from; whoever asks closes it."""
        return self._shelf.descriptor(block)


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
            raise ValueError(f"the block {block} has no row {row} of {into.dtype} {into.shape}")
        size = os.preadv(self._file(block), [into.data], form.start + row * into.nbytes)
        if size != into.nbytes:
            raise ValueError(f"the block {block} is cut off")

    def _look(self, block: str) -> "_Form":
        mapped = self._blocks.open(block)
        assert isinstance(mapped, np.memmap)
        rows, *shape = mapped.shape
        self._forms[block] = _Form(mapped.offset, rows, tuple(shape), mapped.dtype)
        return self._forms[block]

    def _file(self, block: str) -> int:
        if block not in self._open:
            if len(self._open) == _OPEN_FILES:
                os.close(self._open.popitem(last=False)[1])
            self._open[block] = self._blocks.descriptor(block)
        return self._open[block]


class _Form(NamedTuple):
    """Where the rows of a block begin in its file, how many there are, and what they are."""

    start: int
    rows: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
