"""Whether two photos show the same picture, told from their grey thumbnails.

Three things must hold. One picture, or a window of it, is laid over the other so that they match
best; then the pictures must correlate, and so must their fine detail, which tells a crow on grass
from another crow on grass. Plain pictures (one tone, two tones, stripes, gradients) have no detail
of their own and could be laid over one another; they must be equal in their grey values as well.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.variants import Floats, Window, centres, resampling
from menagerie.photos.fingerprint import THUMB_PX

Thumbs = NDArray[np.uint8]

# Measured by benchmarks/duplicates.py: edited copies lie above, the likest strangers (birds of one
# pose, bursts of another moment) at 0.92 and 0.62.
MIN_CORRELATION = 0.88
MIN_DETAIL = 0.7

_STEPS = 4
_LONGEST_STEP = 0.04
_LEAST_START = 0.4
_EDGES = (0.7, 1.1)
_LOT = 500

_PLAIN_SHARE = 0.65
_PLAIN_REST = 0.01
_EQUAL_MEAN, _EQUAL_MOST = 1.5, 16.0
_BLANK_SPREAD = 4.0


def same_picture(left: Thumbs, right: Thumbs, window: Window) -> NDArray[np.bool_]:
    """Tell whether `left` shows about `window` of `right`: bool (n,).

    Both are grey thumbnails, uint8 (n, 32, 32), compared one by one.
    """
    found = np.zeros(len(left), dtype=np.bool_)
    for start in range(0, len(left), _LOT):
        lot = slice(start, start + _LOT)
        found[lot] = _same(left[lot], right[lot], window)
    return found


def _same(left: Thumbs, right: Thumbs, window: Window) -> NDArray[np.bool_]:
    plain = _plain(left) | _plain(right)
    alike = plain & _equal(left, right) & (window.edge == 1 and not window.mirrored)
    rest = np.flatnonzero(~plain)
    alike[rest] = _matching(left[rest], right[rest], window)
    return alike


def _equal(left: Thumbs, right: Thumbs) -> NDArray[np.bool_]:
    apart = np.abs(left.astype(np.float64) - right)
    equal: NDArray[np.bool_] = (
        (apart.mean(axis=(1, 2)) <= _EQUAL_MEAN)
        & (apart.max(axis=(1, 2)) <= _EQUAL_MOST)
        # Blank pictures of two colours can have one grey: there is nothing to tell them by.
        & (left.std(axis=(1, 2)) >= _BLANK_SPREAD)
    )
    return equal


def _plain(thumbs: Thumbs) -> NDArray[np.bool_]:
    """Tell which pictures are even nearly everywhere, or sums of two products of row and column."""
    grey = thumbs.astype(np.float64)
    step = np.maximum(2.0, 0.05 * grey.std(axis=(1, 2)))[:, None, None]
    even = (
        (np.abs(np.diff(grey, axis=1)) <= step).mean(axis=(1, 2))
        + (np.abs(np.diff(grey, axis=2)) <= step).mean(axis=(1, 2))
    ) / 2
    energy = np.linalg.svd(grey - grey.mean(axis=(1, 2), keepdims=True), compute_uv=False) ** 2
    rest = energy[:, 2:].sum(axis=1) / np.maximum(energy.sum(axis=1), 1e-9)
    plain: NDArray[np.bool_] = (even >= _PLAIN_SHARE) | (rest <= _PLAIN_REST)
    return plain


def _matching(left: Thumbs, right: Thumbs, window: Window) -> NDArray[np.bool_]:
    """Lay the right pictures over the left ones, and tell which match."""
    still = _soft(left)
    moved = _soft(right[:, :, ::-1] if window.mirrored else right)
    place = np.tile(np.array([window.top, window.edge, window.left, window.edge]), (len(left), 1))
    matched = np.zeros(len(left), dtype=np.bool_)
    open_ = np.arange(len(left))
    for step in range(_STEPS + 1):
        laid = _cut(moved[open_], place[open_])
        likeness = _correlation(still[open_], laid)
        detail = _correlation(_detail(still[open_]), _detail(laid))
        matched[open_] = (likeness >= MIN_CORRELATION) & (detail >= MIN_DETAIL)
        open_ = open_[~matched[open_] & (likeness >= _LEAST_START)]
        if step < _STEPS and len(open_):
            place[open_] = _closer(still[open_], moved[open_], place[open_])
    return matched


def _cut(pictures: Floats, place: Floats) -> Floats:
    """Cut windows out of pictures; `place` holds top, height, left and width, (n, 4)."""
    rows = resampling(centres(place[:, 0], place[:, 1]))
    columns = resampling(centres(place[:, 2], place[:, 3]))
    cut: Floats = rows @ pictures @ columns.transpose(0, 2, 1)
    return cut


def _closer(still: Floats, moved: Floats, place: Floats) -> Floats:
    """Move windows by the least squares of what is left between the pictures.

    Lucas and Kanade, "An iterative image registration technique", 1981, with brightness and
    contrast among the unknowns.
    """
    count = len(still)
    down, across = centres(place[:, 0], place[:, 1]), centres(place[:, 2], place[:, 3])
    rows, columns = resampling(down), resampling(across).transpose(0, 2, 1)
    laid = rows @ moved @ columns
    falling = THUMB_PX * (_slopes(down) @ moved @ columns)
    turning = THUMB_PX * (rows @ moved @ _slopes(across).transpose(0, 2, 1))
    ramp = (np.arange(THUMB_PX) + 0.5) / THUMB_PX
    parts = [falling, falling * ramp[:, None], turning, turning * ramp, laid, np.ones_like(laid)]
    effects = np.stack(parts, axis=1).reshape(count, len(parts), THUMB_PX**2)
    normal = effects @ effects.transpose(0, 2, 1)
    diagonal = np.arange(len(parts))
    # An edge that runs straight through a picture says nothing of shifts along it.
    normal[:, diagonal, diagonal] = normal[:, diagonal, diagonal] * 1.0001 + 1e-3
    fit = np.linalg.solve(normal, effects @ still.reshape(count, THUMB_PX**2, 1))[:, :, 0]
    contrast = np.where(np.abs(fit[:, 4:5]) < 0.05, 1.0, fit[:, 4:5])
    closer = place + np.clip(fit[:, :4] / contrast, -_LONGEST_STEP, _LONGEST_STEP)
    closer[:, 1::2] = np.clip(closer[:, 1::2], *_EDGES)
    return closer


def _slopes(places: Floats) -> Floats:
    """Return how the matrices of `resampling` change when their places move by a pixel."""
    below = np.floor(np.clip(places, 0, THUMB_PX - 1.001))[:, :, None]
    steps = np.arange(THUMB_PX)
    slopes: Floats = (steps == below + 1).astype(np.float64) - (steps == below)
    return slopes


def _detail(pictures: Floats) -> Floats:
    """Return what is finer than five pixels, without the margin; large differences are damped.

    So that one strong outline does not outweigh all else in the picture.
    """
    fine = (pictures - _WIDE @ pictures @ _WIDE.T)[:, 2:-2, 2:-2]
    usual = np.maximum(1.0, 0.05 * pictures.std(axis=(1, 2)))[:, None, None]
    damped: Floats = fine / (np.abs(fine) + usual)
    return damped


def _correlation(left: Floats, right: Floats) -> Floats:
    """Pearson's correlation of pictures, one by one: it does not see brightness and contrast."""
    count = len(left)
    one, two = (
        picture.reshape(count, picture.shape[1] * picture.shape[2]) for picture in (left, right)
    )
    one, two = (flat - flat.mean(axis=1, keepdims=True) for flat in (one, two))
    spread = np.sqrt((one * one).mean(axis=1) * (two * two).mean(axis=1))
    correlation: Floats = (one * two).mean(axis=1) / np.maximum(spread, 1e-6)
    return correlation


def _kernel(weights: Sequence[float]) -> Floats:
    """Return the matrix that weighs each pixel with its neighbours along an edge."""
    matrix, reach = np.zeros((THUMB_PX, THUMB_PX)), len(weights) // 2
    for row in range(THUMB_PX):
        for offset, weight in enumerate(weights):
            matrix[row, min(max(row + offset - reach, 0), THUMB_PX - 1)] += weight
    return matrix


# Interpolation softens, so what is compared with its outcome is softened first.
_NARROW = _kernel([0.25, 0.5, 0.25])
_WIDE = _kernel([0.2] * 5)


def _soft(pictures: Thumbs) -> Floats:
    softened: Floats = _NARROW @ pictures @ _NARROW.T
    return softened
