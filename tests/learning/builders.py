"""Tiny real releases: squares of one colour with noise, which any network can learn."""

import hashlib
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from menagerie.learning.backend import import_keras
from menagerie.learning.exposure import write_seen
from menagerie.learning.folder import Card, sha256
from menagerie.learning.plots import draw_curves
from menagerie.recipe import Training

LABELS = ("red", "green", "blue")
SIZE_PX = 16

# The network that starts fastest.
QUICK = Training(model="mnist_cnn", epochs=2, seed=5)


def tiles(samples: int, seed: int = 0, size_px: int = SIZE_PX) -> tuple[np.ndarray, np.ndarray]:
    """Draw uint8 (samples, size, size, 3) and their int64 class numbers (samples,)."""
    classes = np.arange(samples, dtype=np.int64) % len(LABELS)
    images = np.random.default_rng(seed).integers(0, 120, (samples, size_px, size_px, 3))
    for number in range(len(LABELS)):
        images[classes == number, :, :, number] += 100
    return images.astype(np.uint8), classes


def release(
    parent: Path, name: str = "r1", train: int = 60, test: int = 30, size_px: int = SIZE_PX
) -> Path:
    """Write a release folder of coloured squares."""
    folder = parent / name
    folder.mkdir(parents=True)
    for split, samples in (("train", train), ("test", test)):
        x, y = tiles(samples, seed=train + test, size_px=size_px)
        np.save(folder / f"x_{split}.npy", x)
        np.save(folder / f"y_{split}.npy", y)
    (folder / "classes.json").write_text(json.dumps(LABELS))
    (folder / "recipe.toml").write_text(f'[release]\nimage_size_px = {size_px}\nresize = "crop"\n')
    return folder


def write_manifest(folder: Path, owners: list[str]) -> None:
    """Write the manifest of a release's train split, whose photos are called 0, 1, and so on."""
    rows: dict[str, list[object]] = {
        "split": ["train"] * len(owners),
        "row": list(range(len(owners))),
        "photo_id": [str(row) for row in range(len(owners))],
        "owner": list(owners),
    }
    pq.write_table(pa.table(rows), folder / "manifest.parquet")


def photo(path: Path, label: str, edge_px: int = 40) -> None:
    """Write a photo of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (edge_px, edge_px), {"red": "#a03030", "blue": "#3030a0"}[label]).save(path)


def manifest(folder: Path, train: Sequence[str], test: Sequence[str], **columns: list[str]) -> None:
    """Write a manifest of photos by id, whose bytes are `bytes of ID`; `columns` are test's."""
    ids = [*train, *test]
    given = {name: [*[""] * len(train), *values] for name, values in columns.items()}
    table = {
        "source": ["flickr"] * len(ids),
        "split": ["train"] * len(train) + ["test"] * len(test),
        "row": [*range(len(train)), *range(len(test))],
        "photo_id": ids,
        "sha256": [hashlib.sha256(f"bytes of {name}".encode()).hexdigest() for name in ids],
        **given,
    }
    pq.write_table(pa.table(table), folder / "manifest.parquet")


RIGHT = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
RED_ONLY = ((1, 0, 0), (0, 0, 1), (0, 1, 0))
"""What the mean red, green and blue of a sample speak for; this one mixes up green and blue."""


def colour_model(
    dataset: Path,
    name: str,
    release_id: str,
    weights: Sequence[Sequence[float]] = RIGHT,
    size_px: int = SIZE_PX,
    labels: Sequence[str] = LABELS,
) -> Path:
    """Write a model that goes by the mean colour; it need not be trained."""
    keras = import_keras()
    network = keras.Sequential(
        [
            keras.layers.Input((size_px, size_px, 3)),
            keras.layers.Rescaling(1 / 32),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, use_bias=False, activation="softmax"),
        ]
    )
    network.set_weights([np.array(weights, np.float32)])
    folder = dataset / "models" / name
    folder.mkdir(parents=True)
    with warnings.catch_warnings():
        # Of Keras against NumPy 2.
        warnings.simplefilter("ignore", DeprecationWarning)
        network.save(folder / "model.keras")
    (folder / "history.csv").write_text("epoch,loss,accuracy\n")
    draw_curves({"loss": [1.0], "accuracy": [0.5]}, folder / "curves.png")
    write_seen(dataset / "releases" / release_id, folder / "seen.npy")
    digest = sha256(folder / "model.keras")
    training = QUICK.model_dump(mode="json")
    Card(name, release_id, tuple(labels), size_px, "crop", training, digest).write(folder)
    return folder
