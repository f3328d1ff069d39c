"""The arrays: tiles copied from blocks into `.npy` files, a block at a time."""

import json
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import MissingReleaseError
from menagerie.photos.blocks import BlockStore, RowReader

if TYPE_CHECKING:
    from menagerie.release.places import Places

_BYTES_AT_ONCE = 2**25


def write_images(path: Path, places: "Places", tiles: BlockStore, size_px: int) -> None:
    """Write uint8 (n, size_px, size_px, 3) of the tiles at `places`.

    The header and appended rows are faster than a writable memory map, and the page cache
    does not count as this process's memory.

    Raises:
        OSError, ValueError: a block of tiles is lost or damaged.
    """
    shape = (len(places), size_px, size_px, 3)
    lot = np.empty((max(1, _BYTES_AT_ONCE // (3 * size_px**2)), *shape[1:]), dtype=np.uint8)
    numbers, rows = places.numbers, places.rows
    with path.open("wb", buffering=0) as out, RowReader(tiles) as reader:
        head = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, head)
        for start in range(0, len(places), len(lot)):
            stop = min(start + len(lot), len(places))
            # Block by block, so that a file is opened once in a lot.
            order = start + np.lexsort((rows[start:stop], numbers[start:stop]))
            due = zip(order.tolist(), numbers[order].tolist(), rows[order].tolist(), strict=True)
            for place, block, row in due:
                reader.read(places.blocks[block], row, lot[place - start])
            _write(out, lot[: stop - start])


def _write(out: FileIO, rows: NDArray[np.uint8]) -> None:
    rest = rows.data.cast("B")
    # A disk that is nearly full takes a part, and says so only when it is asked to take the rest.
    while rest:
        rest = rest[out.write(rest) :]


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
