"""Making pictures smaller, to the same bytes on every machine.

A release's id derives from its bytes, so nothing here may depend on how a processor rounds real
numbers. OpenCV is asked for sums of whole numbers alone: the average of whole squares, and
interpolation by its bit-exact linear method. `tests/photos/test_scaling.py` holds both against
plain numpy.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""Grey (height, width) or RGB (height, width, 3)."""


def averaged(pixels: Pixels, factor: int) -> Pixels:
    """Shrink by a whole factor; the last row and column fill up what is left over."""
    return pixels if factor <= 1 else _averaged(pixels, factor, factor)


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Bring a picture to another size: area averages where it shrinks, else bicubic."""
    rows, columns = pixels.shape[:2]
    if (rows, columns) == (height, width):
        return pixels
    if rows >= height and columns >= width:
        return _shrunk(pixels, width, height)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def luma(pixels: Pixels) -> Pixels:
    """Return the luma (ITU-R BT.601) of RGB."""
    cv2 = _opencv()
    grey: Pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return grey


def _shrunk(pixels: Pixels, width: int, height: int) -> Pixels:
    """Average to a size that need not divide the picture's.

    By interpolation the picture becomes a whole multiple of the size first, which shrinks it by
    less than a half: no pixel is missed. Whole multiples are then averaged away.
    """
    cv2 = _opencv()
    while True:
        rows, columns = pixels.shape[:2]
        down, across = rows // height, columns // width
        if max(down, across) < 4:
            break
        # Halves are the fastest to take, and leave less to interpolate.
        pixels = _averaged(pixels, 2 if down >= 4 else 1, 2 if across >= 4 else 1)
    if (rows, columns) != (height * down, width * across):
        size = width * across, height * down
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR_EXACT)
    return pixels if down == across == 1 else _averaged(pixels, down, across)


def _averaged(pixels: Pixels, down: int, across: int) -> Pixels:
    cv2 = _opencv()
    height, width = -(-pixels.shape[0] // down), -(-pixels.shape[1] // across)
    below, right = height * down - pixels.shape[0], width * across - pixels.shape[1]
    if below or right:
        # To cut what is left over would move the picture, and cost near-duplicates their likeness.
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
    # At whole factors OpenCV adds up whole numbers; at any other it would add real ones.
    averages: Pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return averages


@cache
def _opencv() -> Any:
    """Import OpenCV when there are pixels, since the names of decoders are needed without."""
    import cv2

    # Photos are decoded side by side; each on one thread.
    cv2.setNumThreads(0)
    return cv2
