"""Measure decoding to a tile, 1024 x 683 to 224 x 224, beside the fastest bare decoders.

    python benchmarks/decode.py [--photos DIR] [--rounds 5]

Each contender makes a uint8 array (224, 224, 3) of the centre square from JPEG bytes in memory, on
one core, without looking at orientation, colour profile, limits or faults; `menagerie` looks at all
of them. Contenders take turns photo by photo, so that a busy machine is busy for all. OpenCV takes
part where it is installed.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from ingest import bodies  # noqa: E402

from menagerie.photos.decode import decode, read_tile  # noqa: E402
from menagerie.photos.fingerprint import fingerprints, sketch  # noqa: E402

PX = 224
Tile = NDArray[np.uint8]


def _middle(width: int, height: int) -> tuple[int, int, int, int]:
    edge = min(width, height)
    left, top = (width - edge) // 2, (height - edge) // 2
    return left, top, left + edge, top + edge


def simplejpeg_half(data: bytes) -> Tile:
    """Decode at half scale, average to size with Pillow."""
    image = Image.fromarray(simplejpeg.decode_jpeg(data, min_height=342, min_width=512))
    tile = image.resize((PX, PX), Image.Resampling.BOX, box=_middle(*image.size))
    return np.asarray(tile)


def pillow_draft(data: bytes) -> Tile:
    """Decode at reduced scale with Pillow, resize with its best filter."""
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (PX, PX))
    return np.asarray(ImageOps.fit(image, (PX, PX), Image.Resampling.LANCZOS))


def pillow_full(data: bytes) -> Tile:
    """Decode all pixels with Pillow, resize with its best filter."""
    image = Image.open(io.BytesIO(data))
    return np.asarray(ImageOps.fit(image, (PX, PX), Image.Resampling.LANCZOS))


def ours(data: bytes) -> Tile:
    """Decode by the one path of the project."""
    return read_tile(data, PX, "crop")


CONTENDERS: dict[str, Callable[[bytes], Tile]] = {
    "menagerie": ours,
    "simplejpeg 1/2 + box": simplejpeg_half,
    "pillow draft + lanczos": pillow_draft,
    "pillow full + lanczos": pillow_full,
}


def _with_opencv() -> None:
    try:
        import cv2  # type: ignore[import-not-found]
    except ImportError:
        return
    cv2.setNumThreads(1)

    def area(pixels: Tile) -> Tile:
        left, top, right, bottom = _middle(pixels.shape[1], pixels.shape[0])
        square = pixels[top:bottom, left:right]
        return np.asarray(cv2.resize(square, (PX, PX), interpolation=cv2.INTER_AREA))

    def simplejpeg_area(data: bytes) -> Tile:
        return area(simplejpeg.decode_jpeg(data, min_height=PX, min_width=PX))

    def opencv_area(data: bytes) -> Tile:
        array = np.frombuffer(data, np.uint8)
        return area(cv2.imdecode(array, cv2.IMREAD_REDUCED_COLOR_2)[:, :, ::-1])

    CONTENDERS["simplejpeg min 224 + area"] = simplejpeg_area
    CONTENDERS["opencv 1/2 + area"] = opencv_area


def main() -> None:
    """Time each contender and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--photos", type=Path, help="a folder of photos")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    _with_opencv()
    made = bodies(asked.photos)
    rounds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    error = dict.fromkeys(CONTENDERS, 0.0)
    for number in range(asked.rounds):
        spent = dict.fromkeys(CONTENDERS, 0.0)
        for data in made:
            exact = pillow_full(data).astype(np.int16) if number == 0 else None
            for name, contender in CONTENDERS.items():
                before = time.thread_time()
                tile = contender(data)
                spent[name] += time.thread_time() - before
                if exact is not None:
                    error[name] += float(np.abs(tile - exact).mean())
        for name, seconds in spent.items():
            rounds[name].append(seconds * 1e6 / len(made))
    pictures = [decode(data) for data in made]
    before = time.thread_time()
    fingerprints([sketch(picture) for picture in pictures])
    figures = (time.thread_time() - before) * 1e6 / len(made)
    _show(rounds, {name: total / len(made) for name, total in error.items()}, figures)


def _show(rounds: dict[str, list[float]], error: dict[str, float], figures: float) -> None:
    middle = {name: statistics.median(times) for name, times in rounds.items()}
    fastest = min((n for n in middle if n != "menagerie"), key=lambda name: middle[name])
    lines = ["| decoder | us a photo (best) | difference to full + lanczos |", "|---|--:|--:|"]
    for name, times in rounds.items():
        lines.append(f"| {name} | {middle[name]:.0f} ({min(times):.0f}) | {error[name]:.1f} |")
    lines += [
        "",
        f"menagerie / {fastest}: {middle['menagerie'] / middle[fastest]:.2f}",
        f"hashes and figures besides: {figures:.0f} us a photo",
    ]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
