"""Drafts: blocks whose rows are written in any order, before their names are known."""

import io
import os
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Draft:
    """A block that is being written, as a `.npy` file that has no name on its shelf yet.

    Threads may write rows side by side: each goes to its place in the file at once, while the
    processor has it at hand.
    """

    def __init__(
        self,
        descriptor: int,
        shape: Sequence[int],
        dtype: DTypeLike,
        publish: Callable[[str], None],
    ) -> None:
        """Take an empty file for rows of a shape and type, and what is to be done at the end."""
        self._descriptor = descriptor
        self._shape = tuple(shape)
        self._dtype = np.dtype(dtype)
        self._row_bytes = self._dtype.itemsize * int(np.prod(self._shape))
        self._start = len(self._header(0))
        self._publish = publish

    def write(self, start: int, rows: NDArray[np.generic]) -> None:
        """Write rows (n, ...) that follow each other from `start` on.

        Raises:
            OSError: they cannot be written.
        """
        if (rows.shape[1:], rows.dtype) != (self._shape, self._dtype):
            raise ValueError(f"{rows.dtype} {rows.shape} are not {self._dtype} (n, *{self._shape})")
        whole = np.ascontiguousarray(rows).reshape(-1)
        self._write(self._place(start), whole.view(np.uint8).data)

    def finish(self, name: str, kept: Sequence[int]) -> None:
        """Put the block on its shelf with the rows that are kept, by their ascending numbers.

        Raises:
            OSError: it cannot be written.
        """
        for to, row in enumerate(kept):
            if to != row:
                moved = os.pread(self._descriptor, self._row_bytes, self._place(row))
                self._write(self._place(to), memoryview(moved))
        os.ftruncate(self._descriptor, self._place(len(kept)))
        self._write(0, memoryview(self._header(len(kept))))
        self._publish(name)

    def _place(self, row: int) -> int:
        return self._start + row * self._row_bytes

    def _write(self, place: int, data: memoryview) -> None:
        # A disk that is nearly full takes a part, and says so only when asked to take the rest.
        while data:
            written = os.pwrite(self._descriptor, data, place)
            place, data = place + written, data[written:]

    def _header(self, rows: int) -> bytes:
        # NumPy leaves room in it for any number of rows, so that its length is always the same.
        out = io.BytesIO()
        form = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (rows, *self._shape),
        }
        np.lib.format.write_array_header_1_0(out, form)
        return out.getvalue()
