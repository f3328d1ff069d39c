"""Reading the arrays of a release: in batches, in memory that does not grow with them."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import MissingReleaseError, TrainingError

SPLITS = ("train", "test")

_REPAIR = " Run `menagerie release`, which builds what is damaged anew."


@dataclass(frozen=True, slots=True)
class Samples:
    """One split of a release: uint8 tiles in a file, and their class numbers.

    `x_path` holds uint8 (n, size, size, 3); `y` is int64 (n,) with values below the
    number of classes.
    """

    x_path: Path
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    @property
    def tile_shape(self) -> tuple[int, int, int]:
        """The shape of each tile: (size, size, 3)."""
        height, width, channels = np.load(self.x_path, mmap_mode="r").shape[1:]
        return height, width, channels

    def tiles(self, rows: NDArray[np.int64] | slice) -> NDArray[np.uint8]:
        """Copy the tiles of some rows: uint8 (rows, size, size, 3)."""
        # The map is opened anew each time, because the pages touched through a map count as
        # this process's memory for as long as the map lives.
        tiles: NDArray[np.uint8] = np.array(np.load(self.x_path, mmap_mode="r")[rows])
        return tiles

    def batches(self, batch_size: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        """Iterate over tiles (n, size, size, 3) and class numbers (n,), in order."""
        for start in range(0, len(self), batch_size):
            rows = slice(start, start + batch_size)
            yield self.tiles(rows), self.y[rows]


@dataclass(frozen=True, slots=True)
class Release:
    """What training needs to know about a release folder; its id is the folder's name."""

    folder: Path
    classes: tuple[str, ...]
    image_size_px: int
    resize: str

    @property
    def id(self) -> str:
        """The release id."""
        return self.folder.name

    def samples(self, split: str) -> Samples:
        """Open the `train` or `test` split.

        Raises:
            MissingReleaseError: an array is missing.
            TrainingError: the arrays do not fit together, or hold nothing.
        """
        x_path = self.folder / f"x_{split}.npy"
        x, y = _load(x_path), _load(self.folder / f"y_{split}.npy")
        shape = (len(y), self.image_size_px, self.image_size_px, 3)
        if x.shape != shape or x.dtype != np.uint8 or y.dtype != np.int64:
            raise TrainingError(
                f"{x_path} holds {x.dtype} {x.shape} where uint8 {shape} was expected.{_REPAIR}"
            )
        labels = np.array(y)
        if len(labels) == 0:
            raise TrainingError(f"{x_path} holds no samples. Release more photos.")
        if labels.min() < 0 or labels.max() >= len(self.classes):
            raise TrainingError(
                f"The class numbers beside {x_path} run from {labels.min()} to {labels.max()},"
                f" but there are {len(self.classes)} classes.{_REPAIR}"
            )
        return Samples(x_path, labels)


def _load(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise MissingReleaseError(f"{path} is missing. Run `menagerie release` again.") from None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read: {error}.{_REPAIR}") from None
    return array


def open_release(folder: Path) -> Release:
    """Read `classes.json` and `recipe.toml` of a release folder.

    Raises:
        MissingReleaseError: there is no such folder, or it lacks one of the two.
        TrainingError: one of the two cannot be used.
    """
    try:
        labels = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        recipe = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
        made = recipe["release"]
        return Release(
            folder, tuple(map(str, labels)), int(made["image_size_px"]), str(made["resize"])
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingReleaseError(
            f"{folder} is not a release: {error.filename} is missing. Run `menagerie release`."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"The release {folder} cannot be used: {error!r}.{_REPAIR}") from None
