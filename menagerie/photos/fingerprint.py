"""Perceptual hashes and quality figures of decoded photos.

A photo is sketched when it is decoded, in a thread of its own; what numpy does faster for many
photos at once is then taken from the sketches of a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from menagerie.photos.decode import Picture
from menagerie.photos.scaling import Pixels, averaged, luma, resized

THUMB_PX = 32
"""Edge of the grey thumbnail that confirms near-duplicates."""
# A hash knows 32 pixels at most, so it does not miss what is averaged away above 64.
_HASHED_EDGE_PX = 64
_SMALL_EDGE_PX = 128
_FIGURE_PX = 128
_COLOR_PX = 16
# imagehash's: an 8 x 8 hash of the lowest frequencies; one column more for differences.
_HASH_PX = 8
# The rows of the unscaled DCT-II that a hash looks at: (8, 32). The transform of a picture is
# below 10**6, so its rounding errors are below 10**-8.
_COSINES = 2 * np.cos(np.pi * np.arange(_HASH_PX)[:, None] * (np.arange(THUMB_PX) + 0.5) / THUMB_PX)
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is remembered of a photo's pixels.

    `phash` and `dhash` are unsigned 64-bit, most significant bit first, as the imagehash
    package prints them; `thumb` is THUMB_PX x THUMB_PX bytes of luma, row by row. The figures
    are defined in docs/curation.md: `brightness` and `contrast` are mean and standard deviation
    of luma from 0 to 1; `sharpness` is the root mean square of luma's Laplacian over its contrast;
    `entropy` is that of luma's 256 levels, in bits; `colorfulness` is Hasler and
    Süsstrunk's, from 0; `text_likeness` reaches 1 for pages of text.
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
    entropy: float
    colorfulness: float
    text_likeness: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a fingerprint is taken from.

    `thumb` uint8 (32, 32) and `steps` uint8 (8, 9) are luma for pHash and dHash; `histogram`
    counts the 256 levels of luma; `colors` is uint8 (16, 16, 3).
    """

    width: int
    height: int
    format: str
    thumb: NDArray[np.uint8]
    steps: NDArray[np.uint8]
    histogram: NDArray[np.int64]
    colors: NDArray[np.uint8]
    laplacian: float
    text_likeness: float


def hashed_picture(picture: Picture) -> Image.Image:
    """Return the grey picture that the hashes are taken of; its short edge is at least 64 px."""
    return Image.fromarray(_hashed(luma(_reduced(picture.pixels, _SMALL_EDGE_PX))))


def _hashed(grey: Pixels) -> Pixels:
    return _reduced(grey, _HASHED_EDGE_PX)


def _reduced(pixels: Pixels, edge_px: int) -> Pixels:
    """Shrink a picture by a whole factor, as long as its short edge stays so long."""
    return averaged(pixels, min(pixels.shape[:2]) // edge_px)


def sketch(picture: Picture) -> Sketch:
    """Reduce a decoded picture to what its fingerprint is taken from."""
    small = _reduced(picture.pixels, _SMALL_EDGE_PX)
    grey = luma(small)
    hashed = _hashed(grey)
    # Flickr's widths are often such that this is the same.
    levels = hashed if max(hashed.shape) == _FIGURE_PX else _figure_scale(grey)
    image, lanczos = Image.fromarray(hashed), Image.Resampling.LANCZOS
    return Sketch(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        thumb=np.asarray(image.resize((THUMB_PX, THUMB_PX), lanczos)),
        steps=np.asarray(image.resize((_HASH_PX + 1, _HASH_PX), lanczos)),
        histogram=np.bincount(levels.ravel(), minlength=256),
        colors=resized(small, _COLOR_PX, _COLOR_PX),
        laplacian=_laplacian(levels.astype(np.int16)),
        text_likeness=_text_likeness(grey),
    )


def _figure_scale(grey: Pixels) -> Pixels:
    """Shrink luma to one scale, so that figures of any rendition compare."""
    height, width = grey.shape
    scale = _FIGURE_PX / max(width, height)
    if scale >= 1:
        return grey
    return resized(grey, max(1, round(width * scale)), max(1, round(height * scale)))


def _laplacian(luma: NDArray[np.int16]) -> float:
    """Return the root mean square of the four-neighbour Laplacian, as a share of 255 levels."""
    if min(luma.shape) < 3:
        return 0.0
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    around -= 4 * luma[1:-1, 1:-1]
    # Whole numbers, whose squares add up to the same in whatever order.
    flat = around.ravel().astype(np.float64)
    return float(np.sqrt(np.einsum("i,i", flat, flat) / flat.size)) / 255.0


# Steps of luma between neighbours, in levels of 255, and what shares of them make a page of
# text; chosen on 2,399 photos and 100 pages, see docs/curation.md.
_FLAT, _SOFT, _STRONG = 1, 6, 48
_TEXT_FLAT, _TEXT_STRONG, _TEXT_HARD = 0.5, 0.1, 0.5


def _text_likeness(grey: NDArray[np.uint8]) -> float:
    """Say how much a picture is like text: flat areas, many strong edges, few soft ones."""
    if min(grey.shape) < 2:
        return 0.0
    here = grey[:-1, :-1]
    steps = np.maximum(_apart(grey[:-1, 1:], here), _apart(grey[1:, :-1], here))
    flat, edges, strong = (
        np.count_nonzero(chosen) / steps.size
        for chosen in (steps <= _FLAT, steps > _SOFT, steps > _STRONG)
    )
    hard = strong / max(edges, 1e-9)
    return float(min(flat / _TEXT_FLAT, strong / _TEXT_STRONG, hard / _TEXT_HARD))


def _apart(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    # In bytes, which the processor takes many of at a time.
    return np.maximum(left, right) - np.minimum(left, right)


def fingerprints(sketches: Sequence[Sketch]) -> list[Fingerprint]:
    """Take the fingerprints of a batch of photos."""
    if not sketches:
        return []
    phashes = _phashes(np.stack([one.thumb for one in sketches]))
    steps = np.stack([one.steps for one in sketches])
    dhashes = _as_ints(steps[:, :, 1:] > steps[:, :, :-1])
    brightness, contrast, entropy = _luma_figures(np.stack([one.histogram for one in sketches]))
    colorfulness = _colorfulness(np.stack([one.colors for one in sketches]))
    return [
        Fingerprint(
            width=one.width,
            height=one.height,
            format=one.format,
            phash=int(phashes[n]),
            dhash=int(dhashes[n]),
            thumb=one.thumb.tobytes(),
            brightness=float(brightness[n]),
            contrast=float(contrast[n]),
            sharpness=one.laplacian / max(float(contrast[n]), 1e-6),
            entropy=float(entropy[n]),
            colorfulness=float(colorfulness[n]),
            text_likeness=one.text_likeness,
        )
        for n, one in enumerate(sketches)
    ]


def fingerprint(picture: Picture) -> Fingerprint:
    """Take the fingerprint of one photo."""
    return fingerprints([sketch(picture)])[0]


def _phashes(thumbs: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash grey pictures, uint8 (n, 32, 32), as imagehash.phash does each.

    A bit says whether one of the 64 lowest frequencies (DCT-II) is above their median. Two matrix
    products tell as much, unless one is so near that its rounding decides, as in blank pictures;
    those few are transformed as imagehash does it.
    """
    columns = np.einsum("fi,nij->nfj", _COSINES, thumbs.astype(np.float64))
    low = np.einsum("nfj,gj->nfg", columns, _COSINES).reshape(len(thumbs), -1)
    above = low - np.median(low, axis=1, keepdims=True)
    unsure = np.flatnonzero(np.abs(above).min(axis=1) < _ROUNDING)
    if unsure.size:
        above[unsure] = _exactly_above(thumbs[unsure])
    return _as_ints(above > 0)


def _exactly_above(thumbs: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how far each of the lowest frequencies is above their median, as imagehash sees it."""
    # Late: it takes longer to import than a hundred photos to decode, and is seldom needed.
    from scipy import fft

    columns = fft.dct(thumbs.astype(np.float64), axis=1)[:, :_HASH_PX]
    low = fft.dct(columns, axis=2)[:, :, :_HASH_PX].reshape(len(thumbs), -1)
    return np.where(low > np.median(low, axis=1, keepdims=True), 1.0, -1.0)


def _as_ints(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    packed = np.packbits(bits.reshape(len(bits), -1), axis=1)
    return np.ascontiguousarray(packed).view(">u8").ravel().astype(np.uint64)


def _luma_figures(histograms: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    """Return brightness, contrast and entropy of luma histograms (n, 256): float64 (n,) each."""
    shares = histograms / histograms.sum(axis=1, keepdims=True)
    levels = np.arange(256) / 255.0
    mean = np.einsum("nl,l->n", shares, levels)
    variance = (shares * (levels - mean[:, None]) ** 2).sum(axis=1)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return mean, np.sqrt(variance), -(shares * logs).sum(axis=1)


def _colorfulness(colors: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Measure colourfulness of pictures (n, h, w, 3), from 0 for grey: float64 (n,).

    Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003, their M3, on values
    from 0 to 1.
    """
    red, green, blue = (colors[..., n].reshape(len(colors), -1) / 255.0 for n in range(3))
    pairs = red - green, (red + green) / 2 - blue
    spread = np.sqrt(sum(pair.var(axis=1) for pair in pairs))
    offset = np.sqrt(sum(pair.mean(axis=1) ** 2 for pair in pairs))
    return np.asarray(spread + 0.3 * offset)
