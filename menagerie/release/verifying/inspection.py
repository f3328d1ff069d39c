"""What a check looks at, and what it finds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import release_source
from menagerie.catalog.photos import dataset_source
from menagerie.photos.row import Side
from menagerie.photos.store import PhotoStore
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe, parse_recipe
from menagerie.release.tables import MANIFEST, RECIPE, Row, batches_of, rows_of

FORMS = {"x": (np.dtype(np.uint8), 4), "y": (np.dtype("<i8"), 1)}
"""What images and labels are: the kind of their numbers, and how many dimensions."""

TOLD = 20
"""Of so many faults each check tells; the others are counted."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A release and what it is held against; of its photos in the store all, or `only` so many."""

    dataset: str
    folder: Path
    catalog: Catalog
    store: PhotoStore
    only: int | None = None

    def recipe(self) -> Recipe:
        """Read what the release was made by; what is asked today may be something else."""
        path = self.folder / RECIPE
        return parse_recipe(path.read_text(encoding="utf-8"), str(path))

    def source(self) -> str:
        """Tell whose photos these are."""
        told = release_source(self.catalog, self.dataset, self.folder.name)
        return told or dataset_source(self.catalog, self.dataset)

    def lots(self, *columns: str, table: str = MANIFEST) -> Iterator[list[Row]]:
        """Yield the rows of a table, a few hundred at a time."""
        for batch in batches_of(self.folder / table, *columns):
            yield batch.to_pylist()

    def rows(self, *columns: str, table: str = MANIFEST) -> Iterator[Row]:
        """Yield the rows of a table one by one."""
        return rows_of(self.folder / table, *columns)

    def array(self, kind: str, split: Side) -> NDArray[Any]:
        """Map an array into memory; what was read of it is let go with it.

        Raises:
            OSError, ValueError: it is not there, or is no array of images or of labels.
        """
        path = self.folder / f"{kind}_{split}.npy"
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        if (mapped.dtype, mapped.ndim) != FORMS[kind]:
            raise ValueError(f"{path.name} holds {mapped.dtype} in {mapped.ndim} dimensions")
        return mapped


@dataclass(slots=True)
class Findings:
    """What a check finds: `faults` are sentences, the first of `count`; `note` is for people."""

    advance: Advance = unwatched
    faults: list[str] = field(default_factory=list)
    count: int = 0
    note: str = ""

    def fault(self, sentence: str) -> None:
        """Tell what is wrong."""
        self.count += 1
        if len(self.faults) < TOLD:
            self.faults.append(sentence)
