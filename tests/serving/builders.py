"""Datasets with a champion that goes by colour: it need not be trained, and cannot be wrong."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from menagerie.learning.fit import promote
from tests.builders import encoded
from tests.learning.builders import LABELS, RIGHT, colour_model, release

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


def photo(colour: str = "red", kind: str = "JPEG", **options: Any) -> bytes:
    """Return a photo of one colour."""
    return encoded(Image.new("RGB", (48, 40), COLOURS[colour]), kind, **options)


def dataset(datasets: Path, name: str = "colours", **manifest: Sequence[str]) -> Path:
    """Make a dataset with a release, a manifest and a champion called `first`."""
    folder = datasets / name
    if not (folder / "releases" / "r1").is_dir():
        made = release(folder / "releases", train=30, test=6)
        write_manifest(made, **manifest)
    champion(folder, "first")
    return folder


def champion(
    folder: Path, model: str, weights: Sequence[Sequence[float]] = RIGHT, *, broken: bool = False
) -> None:
    """Add a model to a dataset and make it the champion."""
    colour_model(folder, model, "r1", weights)
    promote(folder, model)
    if broken:
        (folder / "models" / model / "model.keras").write_bytes(b"no model")


def write_manifest(made: Path, **columns: Sequence[str]) -> None:
    """Write the manifest of a release of coloured squares; `columns` are of the train split."""
    classes = [LABELS[row % len(LABELS)] for row in range(30)]
    rows: dict[str, Sequence[object]] = {
        "source": ["flickr"] * 30,
        "split": ["train"] * 30,
        "row": range(30),
        "label": classes,
        "photo_id": [str(row) for row in range(30)],
        "owner": [f"{row}@N00" for row in range(30)],
        "owner_name": [f"owner {row}" for row in range(30)],
        "title": [f"a {label} square" for label in classes],
        "license": ["cc-by-2.0"] * 30,
        "page_url": [f"https://www.flickr.com/photos/{row}@N00/{row}" for row in range(30)],
        "sha256": [f"{row:064x}" for row in range(30)],
    }
    pq.write_table(pa.table({**rows, **columns}), made / "manifest.parquet")


def forget_release(folder: Path) -> None:
    """Withdraw the release, as forgetting its last photo does."""
    shutil.rmtree(folder / "releases" / "r1")
    (folder / "releases" / "withdrawn.json").write_text(json.dumps({"r1": None}))
