"""A model's answers to a whole split, kept in a file: memory does not grow with the split."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.predict import Predictor
from menagerie.learning.samples import Samples

_BATCH = 256
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Answers:
    """Probabilities for some rows of a split.

    `path` holds them as float32 (n, classes); `rows` int64 (n,) are their rows in the arrays,
    ascending, and `true` int64 (n,) their class numbers.
    """

    path: Path
    rows: NDArray[np.int64]
    true: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.int64]]]:
        """Iterate over places, probabilities (b, classes) and true class numbers (b,)."""
        for start in range(0, len(self), _BLOCK):
            places = slice(start, min(start + _BLOCK, len(self)))
            # Mapped anew each time: pages of a map count as memory for as long as it lives.
            yield places, np.array(np.load(self.path, mmap_mode="r")[places]), self.true[places]


def ask(predictor: Predictor, samples: Samples, rows: NDArray[np.int64], folder: Path) -> Answers:
    """Ask a model about some rows of a split and keep what it answers in a folder."""
    path = folder / "probabilities.npy"
    shape = (len(rows), len(predictor.classes))
    np.lib.format.open_memmap(path, "w+", np.float32, shape).flush()
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        kept = np.load(path, mmap_mode="r+")
        kept[start : start + len(batch)] = predictor.probabilities(samples.tiles(batch))
        kept.flush()
    return Answers(path, rows, samples.y[rows])
