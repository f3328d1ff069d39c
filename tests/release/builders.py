"""Releases as small as can be, written directly: for tests of what reads them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from menagerie.release.arrays import write_labels
from menagerie.release.tables import MANIFEST_SCHEMA, REJECTED_SCHEMA


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
    rows = []
    for split in ("train", "test"):
        of_split = [row for row in samples if row["split"] == split]
        rows += [{**row, "row": number} for number, row in enumerate(of_split)]
        images = np.arange(len(of_split), dtype=np.uint8)[:, None, None, None]
        np.save(folder / f"x_{split}.npy", np.broadcast_to(images, (len(of_split), 4, 4, 3)))
        write_labels(folder / f"y_{split}.npy", [0] * len(of_split))
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST_SCHEMA), folder / "manifest.parquet")
    left_out = pa.Table.from_pylist(rejected or [], REJECTED_SCHEMA)
    pq.write_table(left_out, folder / "rejected.parquet")
    return folder
