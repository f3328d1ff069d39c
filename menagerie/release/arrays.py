"""The arrays: tiles copied from blocks into `.npy` files, a block at a time."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import MissingReleaseError

_ROWS_AT_ONCE = 512
_OPEN_BLOCKS = 64


class Blocks(Protocol):
    """Arrays of tiles, uint8 (n, size, size, 3), by name."""

    def open(self, block: str) -> NDArray[np.uint8]:
        """Map a block into memory."""


def write_images(
    path: Path, places: Sequence[tuple[str, int]], tiles: Blocks, size_px: int
) -> None:
    """Write uint8 (n, size_px, size_px, 3) of the tiles at `places`, (block, row) each.

    The header and appended rows are faster than a writable memory map, and the page cache
    does not count as this process's memory.
    """
    opened = lru_cache(_OPEN_BLOCKS)(tiles.open)
    with path.open("wb") as out:
        np.lib.format.write_array_header_1_0(
            out,
            {
                "descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)),
                "fortran_order": False,
                "shape": (len(places), size_px, size_px, 3),
            },
        )
        for start in range(0, len(places), _ROWS_AT_ONCE):
            rows = [opened(block)[row] for block, row in places[start : start + _ROWS_AT_ONCE]]
            out.write(np.stack(rows).tobytes())


def write_labels(path: Path, classes: Sequence[int]) -> None:
    """Write int64 (n,) class numbers."""
    np.save(path, np.asarray(classes, dtype=np.int64), allow_pickle=False)


class Samples(NamedTuple):
    """Images uint8 (n, size, size, 3), mapped from the file, and class numbers int64 (n,)."""

    x: NDArray[np.uint8]
    y: NDArray[np.int64]


def read_samples(release: Path, split: str) -> Samples:
    """Map a split of a release into memory.

    Raises:
        MissingReleaseError: the folder or one of its arrays is not there.
    """
    try:
        return Samples(
            np.load(release / f"x_{split}.npy", mmap_mode="r", allow_pickle=False),
            np.load(release / f"y_{split}.npy", mmap_mode="r", allow_pickle=False),
        )
    except (FileNotFoundError, NotADirectoryError):
        raise MissingReleaseError(
            f"There is no release with a {split} split at {release}."
            " Run `menagerie release` first, or name another one."
        ) from None


def read_classes(release: Path) -> list[str]:
    """Return the labels of a release in the order of their class numbers."""
    labels: list[str] = json.loads((release / "classes.json").read_text(encoding="utf-8"))
    return labels
