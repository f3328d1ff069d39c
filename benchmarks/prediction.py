"""How long a prediction takes, and what batches bring, beside `model.predict` one by one.

    python benchmarks/prediction.py --photos FOLDER [--network cnn|transfer] [--count 200]

Photos are JPEGs of the folder, in memory; every time includes decoding. `one by one` asks the
predictor for a photo at a time, `in batches` for all of them; `model.predict` is what a script
would do that opens each photo with Pillow and asks Keras for it. The weights are random, which
changes no time; `transfer` is EfficientNet-Lite0 with a head. Median and 9th decile of single
photos in milliseconds, CPU milliseconds a photo, photos a second; the load is that of the machine.
"""

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from menagerie.learning.backend import import_keras
from menagerie.learning.folder import MODEL_FILE, Card, sha256
from menagerie.learning.predict import Predictor

SIZES_PX = {"cnn": 64, "transfer": 224}
CLASSES = ("monkey", "boar", "crow")
WARM_UPS = 10


def main() -> None:
    """Print one line for each way to ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--network", choices=SIZES_PX, default="cnn")
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    files = sorted(options.photos.rglob("*.jpg"))[: options.count]
    if not files:
        sys.exit(f"There are no JPEGs in {options.photos}.")
    photos = [file.read_bytes() for file in files]
    with tempfile.TemporaryDirectory() as folder:
        predictor = Predictor(model_folder(Path(folder), options.network))
        model = import_keras().saving.load_model(Path(folder) / MODEL_FILE, compile=False)
    size = sum(map(len, photos)) / len(photos) / 1000
    sys.stdout.write(
        f"{options.network}, {len(photos)} photos of {size:.0f} KB, {os.cpu_count()} cores\n"
    )
    naive = one_by_one("model.predict", photos, lambda photo: ask_keras(model, photo))
    alone = one_by_one("one by one", photos, predictor.predict)
    rate = batches("in batches", photos, predictor)
    sys.stdout.write(
        f"in batches {rate / naive:.1f} x the rate of model.predict, {rate / alone:.1f} x that of"
        f" one by one; load {os.getloadavg()[0]:.1f}\n"
    )


def model_folder(folder: Path, network: str, model: str = "benchmark") -> Path:
    """Write a model with random weights as training writes one."""
    size_px = SIZES_PX[network]
    build(network, size_px).save(folder / MODEL_FILE)
    digest = sha256(folder / MODEL_FILE)
    Card(model, "none", CLASSES, size_px, "crop", {}, digest).write(folder)
    return folder


def build(network: str, size_px: int) -> Any:
    """Build a network; `transfer` as large as the real one, whatever its details."""
    keras = import_keras()
    if network == "cnn":
        from menagerie.learning.models import NETWORKS
        from menagerie.learning.planning import with_mirror_image

        own = NETWORKS["cnn"]
        inputs = keras.layers.Input((size_px, size_px, 3))
        scaled = keras.layers.Rescaling(own.scale[0], offset=own.scale[1])(inputs)
        return with_mirror_image(keras.Model(inputs, own.body(scaled, len(CLASSES)), name="cnn"))
    from menagerie.learning.efficientnet import efficientnet_lite0

    inputs = keras.layers.Input((size_px, size_px, 3))
    features = efficientnet_lite0()(inputs)
    head = keras.layers.Dense(len(CLASSES), activation="softmax")
    return keras.Model(inputs, head(features))


def ask_keras(model: Any, photo: bytes) -> Any:
    """Ask as a script would that knows nothing of this program."""
    size = model.input_shape[1:3]
    with Image.open(io.BytesIO(photo)) as image:
        tile = np.asarray(image.convert("RGB").resize(size))
    return model.predict(tile[None], verbose=0)


def one_by_one(name: str, photos: list[bytes], ask: Callable[[bytes], Any]) -> float:
    """Time each photo alone; return photos a second."""
    for photo in photos[:WARM_UPS]:
        ask(photo)
    seconds, cpu = [], time.process_time()
    for photo in photos:
        began = time.perf_counter()
        ask(photo)
        seconds.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    milliseconds = [1000 * one for one in seconds]
    late = statistics.quantiles(milliseconds, n=10)[-1]
    rate = len(photos) / sum(seconds)
    times = f"median {statistics.median(milliseconds):6.1f} ms, 9th decile {late:6.1f}"
    report(name, times, cpu, len(photos), rate)
    return rate


def batches(name: str, photos: list[bytes], predictor: Predictor) -> float:
    """Time all photos at once; return photos a second."""
    list(predictor.predict_all(photos))
    began, cpu = time.perf_counter(), time.process_time()
    list(predictor.predict_all(photos))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    report(name, " " * 37, cpu, len(photos), len(photos) / seconds)
    return len(photos) / seconds


def report(name: str, times: str, cpu: float, photos: int, rate: float) -> None:
    """Print a line."""
    sys.stdout.write(
        f"{name:14} {times}; {1000 * cpu / photos:6.1f} CPU ms, {rate:6.1f} photos/s\n"
    )


if __name__ == "__main__":
    main()
