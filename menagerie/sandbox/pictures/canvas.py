"""Drawing in coordinates of one's own: shapes with smooth outlines, turned, scaled, mirrored."""

from collections.abc import Sequence
from functools import cache
from math import cos, radians, sin

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Point = tuple[float, float]
Color = tuple[int, int, int]
Floats = npt.NDArray[np.float64]
Rng = np.random.Generator

_STEPS = np.linspace(0, 1, 7)[:-1]
# Catmull-Rom: a curve through its points, the weights of four neighbours at each step.
_CURVE = np.stack(
    [
        -0.5 * _STEPS + _STEPS**2 - 0.5 * _STEPS**3,
        1 - 2.5 * _STEPS**2 + 1.5 * _STEPS**3,
        0.5 * _STEPS + 2 * _STEPS**2 - 1.5 * _STEPS**3,
        -0.5 * _STEPS**2 + 0.5 * _STEPS**3,
    ],
    axis=1,
)
_TURNS = np.linspace(0, 2 * np.pi, 25)[:-1]
_CIRCLE = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)


def shade(color: Color, factor: float) -> Color:
    """Darken (below 1) or lighten a colour."""
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in color)
    return red, green, blue


def blend(first: Color, second: Color, share: float) -> Color:
    """Mix two colours; `share` is the second one's."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def vary(rng: Rng, color: Color, amount: int = 14) -> Color:
    """Shift a colour a little, all channels together and each by itself."""
    shift = rng.integers(-amount, amount + 1)
    each = rng.integers(-amount // 3, amount // 3 + 1, 3)
    red, green, blue = (
        int(max(0, min(255, channel + shift + own)))
        for channel, own in zip(color, each, strict=True)
    )
    return red, green, blue


def between(rng: Rng, low: float, high: float) -> float:
    """Draw a number of [low, high)."""
    return low + (high - low) * float(rng.random())


def pick(rng: Rng, options: Sequence[Color]) -> Color:
    """Draw one of some colours."""
    return options[int(rng.integers(len(options)))]


@cache
def shape(text: str) -> tuple[Point, ...]:
    """Read an outline, written as `x,y x,y …` in hundredths."""
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x) / 100, float(y) / 100) for x, y in pairs)


def _smooth(points: Floats, *, closed: bool) -> Floats:
    if closed:
        before, after, beyond = (np.roll(points, shift, axis=0) for shift in (1, -1, -2))
        here = points
    else:
        padded = np.concatenate([points[:1], points, points[-1:]])
        before, here, after, beyond = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    curve = np.tensordot(_CURVE, np.stack([before, here, after, beyond]), axes=1)
    flat = curve.transpose(1, 0, 2).reshape(-1, 2)
    return flat if closed else np.concatenate([flat, points[-1:]])


class Pen:
    """Draws on an image in its own coordinates: x to the right, y down, as placed by `at`."""

    def __init__(
        self, image: Image.Image, matrix: Floats | None = None, offset: Floats | None = None
    ) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)
        self._matrix = np.eye(2) if matrix is None else matrix
        self._offset = np.zeros(2) if offset is None else offset

    def at(
        self, x: float, y: float, scale: float = 1.0, turn: float = 0.0, *, mirrored: bool = False
    ) -> "Pen":
        """Return a pen whose origin is (x, y) here, turned by degrees and scaled."""
        angle = radians(turn)
        local = scale * np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
        if mirrored:
            local = local @ np.diag([-1.0, 1.0])
        offset = self._matrix @ np.array([x, y]) + self._offset
        return Pen(self._image, self._matrix @ local, offset)

    def scaled(self, dimensions: tuple[int, int]) -> "Pen":
        """Return a pen to which the whole image is the unit square."""
        return Pen(self._image, self._matrix @ np.diag(dimensions), self._offset)

    def polygon(self, points: Sequence[Point] | Floats, color: Color) -> None:
        """Fill a polygon."""
        placed = np.asarray(points, np.float64) @ self._matrix.T + self._offset
        self._draw.polygon(placed.ravel().tolist(), fill=color)

    def blob(self, points: Sequence[Point], color: Color) -> None:
        """Fill the inside of a smooth closed line through some points."""
        self.polygon(_smooth(np.asarray(points, np.float64), closed=True), color)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, color: Color, turn: float = 0.0
    ) -> None:
        """Fill an ellipse."""
        angle = radians(turn)
        spin = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
        self.polygon(_CIRCLE * (rx, ry) @ spin.T + (x, y), color)

    def limb(self, points: Sequence[Point], widths: Sequence[float], color: Color) -> None:
        """Draw a smooth line that grows thicker or thinner from point to point."""
        line = _smooth(np.asarray(points, np.float64), closed=False)
        places = np.linspace(0, len(widths) - 1, len(line))
        half = np.interp(places, np.arange(len(widths)), widths)[:, None] / 2
        along = np.gradient(line, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        across /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
        self.polygon(np.concatenate([line + across * half, (line - across * half)[::-1]]), color)
        for (x, y), width in ((line[0], widths[0]), (line[-1], widths[-1])):
            self.ellipse(float(x), float(y), width / 2, width / 2, color)

    def hairs(self, points: Floats, directions: Floats, color: Color, width: float) -> None:
        """Draw thin spikes that stand on `points` and end at `points + directions`."""
        across = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
        across *= width / np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-9)[:, None]
        spikes = np.stack([points + across, points + directions, points - across], axis=1)
        placed = spikes @ self._matrix.T + self._offset
        for spike in placed.reshape(len(spikes), 6).tolist():
            self._draw.polygon(spike, fill=color)
