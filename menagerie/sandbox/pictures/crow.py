"""How a crow is drawn. Its feet, or on the wing its middle, are at y = 0; it is a unit high."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from menagerie.sandbox.pictures.canvas import (
    Color,
    Pen,
    Rng,
    between,
    blend,
    pick,
    shade,
    shape,
    vary,
)

_PLUMAGES: tuple[Color, ...] = (
    (26, 27, 34),
    (34, 36, 46),
    (44, 42, 44),
    (30, 34, 52),
    (58, 52, 48),
    (22, 22, 24),
)
_HOODS: tuple[Color, ...] = ((140, 138, 136), (168, 162, 154), (118, 120, 126))
_SHEENS: tuple[Color, ...] = ((70, 86, 140), (96, 76, 130), (70, 110, 120), (110, 100, 92))


@dataclass(frozen=True, slots=True)
class _Crow:
    black: Color
    body: Color
    wing: Color
    beak: Color
    lean: float
    calling: bool


def draw_crow(pen: Pen, rng: Rng, *, flying: bool) -> None:
    """Draw a crow that faces right, on its feet or on the wing."""
    black = vary(rng, pick(rng, _PLUMAGES), 8)
    hooded = rng.random() < 0.22
    body = vary(rng, pick(rng, _HOODS)) if hooded else black
    crow = _Crow(
        black,
        body,
        blend(black, pick(rng, _SHEENS), between(rng, 0.15, 0.45)),
        shade(blend(black, (90, 88, 86), 0.5), 0.9),
        between(rng, -26, 16),
        bool(rng.random() < 0.3),
    )
    if flying:
        _flying(pen.at(0, 0, 1.0, crow.lean), rng, crow)
    else:
        _standing(pen, rng, crow)


def _standing(pen: Pen, rng: Rng, crow: _Crow) -> None:
    for x in (-0.02, 0.12):
        leg = [(x - 0.02, -0.36), (x + 0.02, -0.18), (x, -0.02)]
        pen.limb(leg, (0.09, 0.035, 0.03), shade(crow.beak, 0.8))
        pen.limb(
            [(x - 0.07, 0.0), (x + 0.02, -0.02), (x + 0.11, 0.0)],
            (0.015, 0.03, 0.015),
            shade(crow.beak, 0.8),
        )
    bird = pen.at(0.0, -0.42, 1.0, crow.lean)
    tail = shape("-34,-6 -100,20 -97,31 -82,33 -24,16")
    bird.polygon(tail, shade(crow.black, 0.9))
    for share in (0.25, 0.5, 0.75):
        end = (-1.0 + 0.16 * share, 0.2 + 0.13 * share)
        bird.limb([(-0.4, 0.02 + 0.1 * share), end], (0.012, 0.008), shade(crow.wing, 1.15))
    bird.blob(
        shape("-50,4 -30,-14 0,-28 26,-38 42,-30 42,-8 28,12 2,20 -28,16"),
        crow.body,
    )
    _folded_wing(bird, rng, crow)
    _head(bird.at(0.36, -0.42, 1.0, between(rng, -18, 14) - crow.lean * 0.7), crow)


def _folded_wing(pen: Pen, rng: Rng, crow: _Crow) -> None:
    pen.blob(shape("22,-28 28,-10 8,8 -30,14 -72,18 -40,-4 -6,-24"), crow.wing)
    for row in range(4):
        y = -0.06 + row * 0.05
        feather = [
            (0.14 - row * 0.05, y - 0.08),
            (-0.16, y),
            (-0.58 + row * 0.03, y + 0.06 + row * 0.01),
        ]
        pen.limb(feather, (0.01, 0.022, 0.008), shade(crow.wing, 0.72))
    scales = np.stack([rng.uniform(-0.02, 0.22, 14), rng.uniform(-0.24, -0.04, 14)], axis=1)
    pen.hairs(scales, np.tile([-0.07, 0.035], (14, 1)), shade(crow.wing, 1.3), 0.012)


def _head(pen: Pen, crow: _Crow) -> None:
    """Draw a round head with a heavy beak; its origin is the middle of the head."""
    gape = 0.07 if crow.calling else 0.0
    pen.blob(shape("-16,24 -20,0 -10,-17 8,-18 20,-6 20,7 10,20"), crow.black)
    pen.blob(
        [
            (0.13, -0.1),
            (0.3, -0.09 - gape),
            (0.5, 0.02 - gape),
            (0.52, 0.06 - gape),
            (0.3, 0.02 - gape / 2),
            (0.14, 0.03),
        ],
        crow.beak,
    )
    pen.blob(
        [
            (0.13, 0.03),
            (0.3, 0.03 + gape / 2),
            (0.46, 0.06 + gape),
            (0.3, 0.09 + gape),
            (0.13, 0.09),
        ],
        shade(crow.beak, 0.75),
    )
    pen.limb([(0.14, -0.05), (0.27, -0.04 - gape)], (0.05, 0.02), shade(crow.black, 1.2))
    pen.ellipse(0.07, -0.045, 0.036, 0.036, shade(crow.wing, 1.25))
    pen.ellipse(0.075, -0.045, 0.026, 0.026, (8, 8, 10))
    pen.ellipse(0.085, -0.055, 0.01, 0.01, (240, 242, 245))


def _flying(pen: Pen, rng: Rng, crow: _Crow) -> None:
    """Draw the bird with spread wings: from below, or from the side with both of them up."""
    far = between(rng, -1.0, -0.75) if rng.random() < 0.5 else between(rng, 0.5, 0.9)
    near = between(rng, 0.7, 1.05)
    _spread_wing(pen.at(0.06, -0.02), far, shade(crow.black, 0.85))
    for tip in (-0.1, -0.02, 0.06, 0.14):
        pen.limb([(-0.28, 0.02), (-0.8 + abs(tip) * 0.5, tip)], (0.1, 0.11), crow.black)
        pen.limb(
            [(-0.28, 0.02), (-0.82 + abs(tip) * 0.5, tip)], (0.008, 0.012), shade(crow.wing, 1.1)
        )
    body = shape("-42,2 -10,-13 26,-14 42,-2 20,13 -10,14")
    pen.blob(body, crow.body)
    _head(pen.at(0.44, -0.05, 0.74, between(rng, -8, 14)), crow)
    if far > 0:
        _spread_wing(pen.at(-0.02, 0.0), near, crow.wing)
    else:
        _spread_wing(pen.at(0.06, -0.02), near, crow.wing)


def _spread_wing(pen: Pen, lift: float, color: Color) -> None:
    """Draw a wing that ends in fingers; a negative lift spreads it to the other side."""
    for finger in range(6):
        angle = radians(-80 - 16 * finger)
        reach = 0.68 - 0.035 * finger
        tip = (0.12 + cos(angle) * reach, (-0.5 + sin(angle) * reach) * lift)
        root = (0.16 - 0.06 * finger, -0.5 * lift)
        pen.limb([root, tip], (0.15, 0.05), color)
        pen.limb([root, tip], (0.012, 0.006), shade(color, 0.68))
    outline = shape("24,0 34,-30 32,-58 14,-74 -12,-66 -34,-42 -36,-15 -28,3")
    pen.blob([(x, y * lift) for x, y in outline], color)
    for row in range(3):
        x = 0.2 - 0.14 * row
        covert = [(x, -0.1 * lift), (x + 0.02, -0.4 * lift), (x - 0.03, -0.62 * lift)]
        pen.limb(covert, (0.02, 0.045, 0.012), shade(color, 1.2 if row == 0 else 0.82))
