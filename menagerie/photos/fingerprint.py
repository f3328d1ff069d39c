"""Perceptual hashes and quality figures of a decoded photo."""

from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from menagerie.photos.decode import Picture

THUMB_PX = 32
"""Edge of the grey thumbnail that confirms near-duplicates."""
_FIGURE_PX = 128


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is remembered of a photo's pixels.

    `phash` and `dhash` are unsigned 64-bit, most significant bit first, as the imagehash
    package prints them; `thumb` is THUMB_PX x THUMB_PX bytes of luma, row by row;
    `brightness` and `contrast` are mean and standard deviation of luma from 0 to 1;
    `sharpness` is the mean absolute Laplacian of luma over its contrast.
    """

    width: int
    height: int
    format: str
    phash: int
    dhash: int
    thumb: bytes
    brightness: float
    contrast: float
    sharpness: float


def fingerprint(picture: Picture) -> Fingerprint:
    """Take a photo's hashes and figures from its decoded picture."""
    grey = picture.image.convert("L")
    thumb = grey.resize((THUMB_PX, THUMB_PX), Image.Resampling.LANCZOS)
    figures = _luma(grey)
    contrast = float(figures.std())
    return Fingerprint(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        phash=_as_int(_phash(thumb)),
        dhash=_as_int(imagehash.dhash(grey)),
        thumb=thumb.tobytes(),
        brightness=float(figures.mean()),
        contrast=contrast,
        sharpness=_laplacian(figures) / max(contrast, 1e-6),
    )


def _luma(grey: Image.Image) -> NDArray[np.float64]:
    """Luma from 0 to 1 at one fixed scale, so that figures of any rendition compare."""
    small = grey.copy()
    small.thumbnail((_FIGURE_PX, _FIGURE_PX), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64) / 255.0


def _laplacian(luma: NDArray[np.float64]) -> float:
    if min(luma.shape) < 3:
        return 0.0
    middle = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.abs(around - 4.0 * middle).mean())


def _phash(thumb: Image.Image) -> imagehash.ImageHash:
    # imagehash resizes to 32 x 32 with LANCZOS itself; a picture of that size passes unchanged.
    return imagehash.phash(thumb, hash_size=8, highfreq_factor=THUMB_PX // 8)


def _as_int(value: imagehash.ImageHash) -> int:
    return int.from_bytes(np.packbits(value.hash.ravel()).tobytes(), "big")
