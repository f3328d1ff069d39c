"""Tiny real releases: squares of one colour with noise, which any network can learn."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
from PIL import Image

from menagerie.recipe import Training

LABELS = ("red", "green", "blue")
SIZE_PX = 16

# The network that starts fastest.
QUICK = Training(model="mnist_cnn", epochs=2, seed=5)


def tiles(samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw uint8 (samples, 16, 16, 3) and their int64 class numbers (samples,)."""
    classes = np.arange(samples, dtype=np.int64) % len(LABELS)
    images = np.random.default_rng(seed).integers(0, 120, (samples, SIZE_PX, SIZE_PX, 3))
    for number in range(len(LABELS)):
        images[classes == number, :, :, number] += 100
    return images.astype(np.uint8), classes


def release(parent: Path, name: str = "r1", train: int = 60, test: int = 30) -> Path:
    """Write a release folder of coloured squares."""
    folder = parent / name
    folder.mkdir(parents=True)
    for split, samples in (("train", train), ("test", test)):
        x, y = tiles(samples, seed=train + test)
        np.save(folder / f"x_{split}.npy", x)
        np.save(folder / f"y_{split}.npy", y)
    (folder / "classes.json").write_text(json.dumps(LABELS))
    (folder / "recipe.toml").write_text(f'[release]\nimage_size_px = {SIZE_PX}\nresize = "crop"\n')
    return folder


def write_manifest(folder: Path, owners: list[str]) -> None:
    """Write the manifest of a release's train split, whose photos are called 0, 1, and so on."""
    rows: dict[str, list[object]] = {
        "split": ["train"] * len(owners),
        "row": list(range(len(owners))),
        "photo_id": [str(row) for row in range(len(owners))],
        "owner": list(owners),
    }
    pyarrow.parquet.write_table(pyarrow.table(rows), folder / "manifest.parquet")


def photo(path: Path, label: str, edge_px: int = 40) -> None:
    """Write a photo of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (edge_px, edge_px), {"red": "#a03030", "blue": "#3030a0"}[label]).save(path)
