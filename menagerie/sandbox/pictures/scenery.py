"""Where the animals are: landscapes drawn small and enlarged, as a lens out of focus shows them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from menagerie.sandbox.pictures.canvas import Color, Pen, Rng, between, blend, pick, shade, vary
from menagerie.sandbox.pictures.texture import clouds, gradient, lit

_SKIES: tuple[tuple[Color, Color], ...] = (
    ((92, 148, 214), (190, 216, 236)),
    ((150, 170, 190), (214, 218, 220)),
    ((64, 88, 140), (240, 176, 128)),
    ((128, 140, 152), (176, 182, 186)),
    ((70, 120, 180), (236, 228, 200)),
    ((60, 62, 96), (200, 130, 120)),
    ((206, 214, 222), (236, 238, 240)),
)
_GREENS: tuple[Color, ...] = (
    (70, 98, 46),
    (96, 120, 60),
    (52, 82, 52),
    (110, 116, 58),
    (84, 110, 84),
)
_EARTHS: tuple[Color, ...] = (
    (122, 98, 70),
    (150, 128, 90),
    (104, 92, 70),
    (168, 150, 108),
    (96, 104, 58),
    (88, 76, 62),
)
_GREYS: tuple[Color, ...] = ((132, 132, 134), (158, 154, 148), (110, 112, 118), (174, 166, 152))


@dataclass(frozen=True, slots=True)
class Scenery:
    """A background: where its ground begins, what colour grows there, how bright the light is."""

    image: Image.Image
    horizon: float
    growth: Color
    snowy: bool = False
    brightness: float = 1.0


def _sky(rng: Rng, size: tuple[int, int]) -> Image.Image:
    top, low = _SKIES[int(rng.integers(len(_SKIES)))]
    sky = gradient(size, [vary(rng, top), vary(rng, low)])
    if rng.random() < 0.6:
        mask = clouds(rng, size, int(rng.integers(3, 7)), 0, 255)
        slope, start = rng.uniform(1.2, 2.6), rng.uniform(110, 170)
        mask = mask.point(lambda grey: max(0, min(210, (grey - start) * slope)))
        sky.paste(vary(rng, (226, 228, 232)), mask=mask)
    return sky


def _ridge(pen: Pen, rng: Rng, base: float, rise: float, color: Color) -> None:
    """Draw hills from edge to edge, from the height `base` to the bottom."""
    count = int(rng.integers(4, 8))
    x = np.linspace(-0.2, 1.2, count)
    top = base - rng.uniform(0, rise, count)
    outline = [(-0.3, 1.3), *zip(x.tolist(), top.tolist(), strict=True), (1.3, 1.3)]
    pen.blob(outline, color)


def _ground(pen: Pen, rng: Rng, horizon: float, color: Color) -> None:
    pen.polygon(
        [(-0.1, horizon), (1.1, horizon + rng.uniform(-0.03, 0.03)), (1.1, 1.1), (-0.1, 1.1)], color
    )
    for _ in range(int(rng.integers(4, 9))):
        y = between(rng, horizon, 1.0)
        pen.ellipse(
            between(rng, 0, 1),
            y,
            between(rng, 0.1, 0.4),
            0.02 + 0.05 * (y - horizon),
            vary(rng, shade(color, between(rng, 0.85, 1.15)), 8),
        )


def _trees(pen: Pen, rng: Rng, base: float, color: Color, *, bare: bool) -> None:
    for x in rng.uniform(-0.05, 1.05, int(rng.integers(3, 9))).tolist():
        height, lean = between(rng, 0.12, 0.4), between(rng, -0.03, 0.03)
        trunk = vary(rng, (74, 60, 50))
        pen.limb([(x, base + 0.02), (x + lean, base - height)], (0.022, 0.008), trunk)
        if bare:
            for side in (-1, 1, -1, 1):
                y = base - height * between(rng, 0.4, 0.95)
                reach = side * between(rng, 0.04, 0.12)
                pen.limb([(x + lean * 0.6, y), (x + reach, y - 0.09)], (0.01, 0.004), trunk)
            continue
        for _ in range(4):
            pen.ellipse(
                x + between(rng, -0.06, 0.06),
                base - height * between(rng, 0.7, 1.1),
                between(rng, 0.04, 0.09),
                between(rng, 0.04, 0.09),
                vary(rng, color, 18),
            )


def _field(rng: Rng, size: tuple[int, int]) -> Scenery:
    image, horizon = _sky(rng, size), between(rng, 0.3, 0.62)
    pen = Pen(image).scaled(size)
    green = vary(rng, pick(rng, _GREENS))
    _ridge(pen, rng, horizon + 0.02, between(rng, 0.05, 0.3), blend(green, (150, 170, 200), 0.55))
    _trees(pen, rng, horizon + 0.03, shade(green, 0.8), bare=bool(rng.random() < 0.2))
    ground = green if rng.random() < 0.55 else vary(rng, pick(rng, _EARTHS))
    _ground(pen, rng, horizon, ground)
    return Scenery(image, horizon, shade(ground, 0.9))


def _forest(rng: Rng, size: tuple[int, int]) -> Scenery:
    green = vary(rng, pick(rng, _GREENS))
    image = gradient(size, [blend(green, (220, 230, 190), between(rng, 0, 0.5)), shade(green, 0.5)])
    horizon = between(rng, 0.45, 0.72)
    pen = Pen(image).scaled(size)
    for _ in range(int(rng.integers(8, 22))):
        radius = between(rng, 0.02, 0.1)
        spot = blend(green, (235, 240, 180), between(rng, 0.1, 0.6))
        pen.ellipse(between(rng, 0, 1), between(rng, 0, horizon), radius, radius, spot)
    bark = vary(rng, (82, 68, 54), 24)
    for x in np.sort(rng.uniform(-0.05, 1.05, int(rng.integers(3, 9)))).tolist():
        width, lean = between(rng, 0.015, 0.09), between(rng, -0.06, 0.06)
        pen.limb([(x + lean, -0.1), (x, horizon + 0.05)], (width * 0.8, width), vary(rng, bark, 16))
    _ground(
        pen,
        rng,
        horizon,
        vary(rng, pick(rng, _EARTHS)) if rng.random() < 0.6 else shade(green, 0.8),
    )
    return Scenery(image, horizon, green)


def _jungle(rng: Rng, size: tuple[int, int]) -> Scenery:
    green = vary(rng, (58, 104, 52), 22)
    image = gradient(size, [shade(green, between(rng, 0.7, 1.6)), shade(green, 0.45)])
    pen = Pen(image).scaled(size)
    for _ in range(int(rng.integers(16, 34))):
        leaf = pen.at(
            between(rng, 0, 1),
            between(rng, 0, 1),
            between(rng, 0.12, 0.34),
            between(rng, 0, 360),
        )
        color = vary(rng, shade(green, between(rng, 0.6, 1.5)), 12)
        leaf.blob([(0, 0), (0.35, -0.16), (1, 0), (0.35, 0.16)], color)
        leaf.limb([(0, 0), (0.9, 0)], (0.03, 0.01), shade(color, 1.2))
    horizon = between(rng, 0.62, 0.8)
    _ground(pen, rng, horizon, shade(vary(rng, pick(rng, _EARTHS)), 0.75))
    return Scenery(image, horizon, green)


def _snow(rng: Rng, size: tuple[int, int]) -> Scenery:
    image, horizon = _sky(rng, size), between(rng, 0.3, 0.62)
    pen = Pen(image).scaled(size)
    if rng.random() < 0.7:
        _ridge(pen, rng, horizon + 0.02, 0.25, vary(rng, (120, 134, 150)))
    _trees(pen, rng, horizon + 0.02, (78, 92, 88), bare=bool(rng.random() < 0.6))
    _ground(pen, rng, horizon, vary(rng, (216, 222, 230), 10))
    return Scenery(image, horizon, (170, 160, 140), snowy=bool(rng.random() < 0.6))


def _city(rng: Rng, size: tuple[int, int]) -> Scenery:
    image, horizon = _sky(rng, size), between(rng, 0.55, 0.78)
    pen = Pen(image).scaled(size)
    left = -0.05
    while left < 1.0:
        width, top = between(rng, 0.1, 0.3), between(rng, 0.02, horizon - 0.12)
        wall = vary(rng, pick(rng, (*_GREYS, (150, 98, 78), (190, 170, 140))), 20)
        pen.polygon(
            [(left, top), (left + width, top), (left + width, horizon), (left, horizon)], wall
        )
        _windows(pen, rng, (left, top, left + width, horizon), shade(wall, between(rng, 0.5, 0.8)))
        left += width
    _ground(pen, rng, horizon, vary(rng, pick(rng, _GREYS)))
    return Scenery(image, horizon, (110, 120, 90))


def _windows(pen: Pen, rng: Rng, wall: tuple[float, float, float, float], color: Color) -> None:
    left, top, right, bottom = wall
    step = between(rng, 0.045, 0.08)
    for x in np.arange(left + step / 2, right - step / 2, step).tolist():
        for y in np.arange(top + step / 2, bottom - step, step * 1.3).tolist():
            pen.polygon(
                [(x, y), (x + step / 2, y), (x + step / 2, y + step * 0.7), (x, y + step * 0.7)],
                color,
            )


def _rocks(rng: Rng, size: tuple[int, int]) -> Scenery:
    image, horizon = _sky(rng, size), between(rng, 0.4, 0.66)
    pen = Pen(image).scaled(size)
    stone = vary(rng, pick(rng, (*_GREYS, (160, 130, 100))), 18)
    _ridge(pen, rng, horizon, 0.4, blend(stone, (160, 180, 210), 0.5))
    for _ in range(int(rng.integers(5, 12))):
        x, y, r = (
            between(rng, 0, 1),
            between(rng, horizon - 0.1, 0.9),
            between(rng, 0.06, 0.24),
        )
        corners = [
            (x + r * dx, y + r * dy)
            for dx, dy in ((-1, 0.5), (-0.7, -0.4), (0.1, -0.7), (0.8, -0.2), (1, 0.5))
        ]
        pen.polygon(corners, vary(rng, stone, 20))
        pen.polygon([*corners[1:4], (x, y)], vary(rng, shade(stone, 1.2), 10))
    _ground(pen, rng, max(horizon, 0.55), shade(stone, 0.9))
    return Scenery(image, horizon, (112, 112, 76))


def _wall(rng: Rng, size: tuple[int, int]) -> Scenery:
    """Draw the back of an enclosure in a zoo."""
    color = vary(rng, pick(rng, (*_GREYS, (168, 120, 96), (196, 180, 150), (120, 140, 130))), 20)
    image = gradient(size, [shade(color, between(rng, 0.8, 1.2)), shade(color, 0.8)])
    pen = Pen(image).scaled(size)
    horizon, line = between(rng, 0.5, 0.75), shade(color, 0.72)
    step = between(rng, 0.07, 0.16)
    for number, y in enumerate(np.arange(0, horizon, step).tolist()):
        pen.limb([(0, y), (1, y)], (0.006, 0.006), line)
        for x in np.arange(step * (number % 2), 1.1, step * 2).tolist():
            pen.limb([(x, y), (x, y + step)], (0.006, 0.006), line)
    for _ in range(int(rng.integers(0, 4))):
        pen.ellipse(
            between(rng, 0, 1),
            between(rng, 0, horizon),
            0.2,
            0.12,
            vary(rng, color, 20),
        )
    _ground(pen, rng, horizon, vary(rng, pick(rng, _EARTHS)))
    return Scenery(image, horizon, vary(rng, pick(rng, _GREENS)))


def _open_sky(rng: Rng, size: tuple[int, int]) -> Scenery:
    image = _sky(rng, size)
    pen = Pen(image).scaled(size)
    horizon = between(rng, 0.72, 1.0)
    _ridge(pen, rng, horizon, 0.2, vary(rng, pick(rng, (*_GREENS, *_GREYS)), 20))
    return Scenery(image, horizon, vary(rng, pick(rng, _GREENS)))


Setting = Callable[[Rng, tuple[int, int]], Scenery]

# Habitats overlap: the background alone does not tell the animal.
HABITATS: dict[str, tuple[tuple[Setting, float], ...]] = {
    "monkey": (
        (_jungle, 0.25),
        (_forest, 0.2),
        (_field, 0.15),
        (_rocks, 0.15),
        (_wall, 0.13),
        (_city, 0.06),
        (_snow, 0.06),
    ),
    "boar": (
        (_forest, 0.32),
        (_field, 0.28),
        (_snow, 0.13),
        (_wall, 0.12),
        (_rocks, 0.1),
        (_city, 0.05),
    ),
    "crow": (
        (_open_sky, 0.24),
        (_field, 0.2),
        (_snow, 0.16),
        (_city, 0.16),
        (_forest, 0.14),
        (_rocks, 0.1),
    ),
}


def backdrop(rng: Rng, subject: str, dimensions: tuple[int, int], sharpness: float) -> Scenery:
    """Draw where an animal is; the lower the sharpness, the softer the background."""
    settings, shares = zip(*HABITATS[subject], strict=True)
    found = int(np.searchsorted(np.cumsum(shares), rng.random(), side="right"))
    size = (max(40, int(dimensions[0] * sharpness)), max(40, int(dimensions[1] * sharpness)))
    scenery: Scenery = settings[min(found, len(settings) - 1)](rng, size)
    small, brightness = lit(rng, scenery.image.filter(ImageFilter.BoxBlur(0.7)))
    # Enlarging a small picture blurs it, as a lens does what is out of its focus.
    enlarged = small.resize(dimensions, Image.Resampling.BILINEAR)
    return replace(scenery, image=enlarged, brightness=brightness)
