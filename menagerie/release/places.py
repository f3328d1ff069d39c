"""Where the tiles of samples are: a block and a row each, as numbers."""

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.judged import Judged


class Places:
    """Places of tiles in the order of their samples; those without a tile are counted."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.missing = 0
        self._known: dict[str, int] = {}
        self._numbers = array("i")
        self._rows = array("q")

    @classmethod
    def of_block(cls, block: str, rows: Iterable[int]) -> "Places":
        """Name rows of one block."""
        places = cls()
        for row in rows:
            places.put(block, row)
        return places

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, lot: Iterable[Judged]) -> None:
        """Add the places of some photos."""
        for photo in lot:
            if photo.block is None or photo.row is None:
                self.missing += 1
            else:
                self.put(photo.block, photo.row)

    def put(self, block: str, row: int) -> None:
        """Add a place."""
        number = self._known.setdefault(block, len(self._known))
        if number == len(self.blocks):
            self.blocks.append(block)
        self._numbers.append(number)
        self._rows.append(row)

    @property
    def numbers(self) -> NDArray[np.int32]:
        """The place of each sample's block in `blocks`: int32 (n,)."""
        return np.frombuffer(self._numbers, dtype=np.int32)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each sample in its block: int64 (n,)."""
        return np.frombuffer(self._rows, dtype=np.int64)
