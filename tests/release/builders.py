"""Releases as small as can be, written directly: for tests of what reads them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from menagerie.release.arrays import write_labels
from menagerie.release.tables import (
    MANIFEST,
    MANIFEST_SCHEMA,
    RECIPE,
    REJECTED,
    REJECTED_SCHEMA,
    write_table,
)
from tests.builders import recipe


def sample(photo_id: str, **changes: Any) -> dict[str, Any]:
    """Return a row of a manifest."""
    row = {
        "source": "flickr",
        "split": "train",
        "label": "crow",
        "photo_id": photo_id,
        "owner": f"{photo_id}@N00",
        "owner_name": f"Owner {photo_id}",
        "title": f"Title {photo_id}",
        "license": "cc-by-2.0",
        "page_url": f"https://www.flickr.com/photos/{photo_id}",
    }
    return row | changes


def write_release(
    folder: Path, samples: list[dict[str, Any]], rejected: list[dict[str, Any]] | None = None
) -> Path:
    """Write manifest, rejected photos and arrays of 4 x 4 pixels, each grey by its row."""
    folder.mkdir(parents=True)
    write_rows(folder, samples, rejected)
    (folder / RECIPE).write_text(recipe().to_toml(), encoding="utf-8")
    for split in ("train", "test"):
        of_split = [row for row in samples if row["split"] == split]
        images = np.arange(len(of_split), dtype=np.uint8)[:, None, None, None]
        np.save(folder / f"x_{split}.npy", np.broadcast_to(images, (len(of_split), 4, 4, 3)))
        write_labels(folder / f"y_{split}.npy", [0] * len(of_split))
    return folder


def write_rows(
    folder: Path, samples: list[dict[str, Any]], rejected: list[dict[str, Any]] | None = None
) -> None:
    """Write the tables of a release, each split's rows numbered as they come."""
    rows = []
    for split in ("train", "test"):
        of_split = [row for row in samples if row["split"] == split]
        rows += [{**row, "row": number} for number, row in enumerate(of_split)]
    for name, schema, table in (
        (MANIFEST, MANIFEST_SCHEMA, rows),
        (REJECTED, REJECTED_SCHEMA, rejected or []),
    ):
        write_table(folder / name, schema, [pa.Table.from_pylist(table, schema)])
