"""How a boar is drawn. The ground is y = 0, a standing animal is about one unit high."""

from dataclasses import dataclass

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

COATS: tuple[Color, ...] = (
    (84, 66, 52),
    (58, 47, 42),
    (104, 86, 68),
    (120, 82, 54),
    (44, 40, 42),
    (134, 112, 88),
    (92, 84, 80),
)

_TUSK = (236, 228, 206)
_SNOUT = (156, 116, 108)


@dataclass(frozen=True, slots=True)
class _Boar:
    coat: Color
    dark: Color
    bristle: Color
    striped: bool
    head_turn: float
    stride: float


def draw_boar(pen: Pen, rng: Rng) -> None:
    """Draw a boar that faces right, from the side or, now and then, from the front."""
    coat = vary(rng, pick(rng, COATS))
    striped = bool(rng.random() < 0.12)
    if striped:
        coat = vary(rng, (150, 104, 62))
    boar = _Boar(
        coat,
        shade(coat, 0.62),
        shade(coat, rng.uniform(0.45, 0.75) if rng.random() < 0.7 else 1.35),
        striped,
        between(rng, -8, 30),
        between(rng, -0.14, 0.14),
    )
    if rng.random() < 0.15:
        _face(pen, rng, boar)
    else:
        _side(pen, rng, boar)


def _side(pen: Pen, rng: Rng, boar: _Boar) -> None:
    for x, step in ((-0.62, -boar.stride), (0.26, boar.stride)):
        _leg(pen, x + 0.1, step, shade(boar.dark, 0.8))
    tail = [(-0.84, -0.62), (-0.98, -0.6), (-1.02, -0.46 + boar.stride)]
    pen.limb(tail, (0.05, 0.03, 0.05), boar.dark)
    pen.blob(
        shape("-88,-50 -80,-74 -45,-86 0,-97 30,-90 52,-66 46,-40 22,-25 -15,-24 -50,-30 -78,-30"),
        boar.coat,
    )
    pen.blob(
        shape("-40,-30 20,-30 42,-42 10,-36 -30,-38"),
        shade(boar.coat, 0.8),
    )
    if boar.striped:
        for y in (-0.78, -0.66, -0.54, -0.43):
            stripe = [(-0.78, y + 0.1), (-0.3, y - 0.04), (0.2, y), (0.4, y + 0.06)]
            pen.limb(stripe, (0.02, 0.045, 0.045, 0.02), (206, 168, 116))
    for x, step in ((-0.68, boar.stride), (0.16, -boar.stride)):
        _leg(pen, x, step, boar.dark)
    _mane(pen, rng, boar)
    _head(pen.at(0.36, -0.66, 1.0, boar.head_turn), rng, boar)


def _leg(pen: Pen, x: float, step: float, color: Color) -> None:
    pen.limb([(x, -0.42), (x + step * 0.4, -0.22), (x + step, -0.03)], (0.24, 0.13, 0.08), color)
    pen.polygon(
        [
            (x + step - 0.05, -0.05),
            (x + step + 0.05, -0.05),
            (x + step + 0.08, 0.01),
            (x + step - 0.05, 0.01),
        ],
        shade(color, 0.55),
    )


def _mane(pen: Pen, rng: Rng, boar: _Boar) -> None:
    """Bristles along the back, and strokes in the coat."""
    x = np.sort(rng.uniform(-0.75, 0.4, 34))
    back = np.interp(x, [-0.8, -0.45, 0.0, 0.3, 0.45], [-0.72, -0.85, -0.96, -0.89, -0.78])
    length = rng.uniform(0.05, 0.13, 34) * (1 if not boar.striped else 0.4)
    slope = np.stack([-0.6 * length, -length], axis=1)
    pen.hairs(np.stack([x, back + 0.03], axis=1), slope, boar.bristle, 0.016)
    fur = np.stack([rng.uniform(-0.7, 0.35, 46), rng.uniform(-0.8, -0.35, 46)], axis=1)
    pen.hairs(fur, np.tile([-0.11, 0.03], (46, 1)), shade(boar.coat, 1.18), 0.008)
    pen.hairs(fur + 0.05, np.tile([-0.1, 0.04], (46, 1)), shade(boar.coat, 0.82), 0.008)


def _head(pen: Pen, rng: Rng, boar: _Boar) -> None:
    """Draw a wedge with a long snout; its origin is the neck."""
    pen.polygon([(-0.04, -0.22), (0.02, -0.42), (0.14, -0.2)], shade(boar.dark, 0.9))
    pen.blob(
        shape("-14,-20 10,-22 30,-10 50,6 62,14 62,27 42,30 20,32 -4,26 -20,6"),
        boar.coat,
    )
    pen.blob(
        [(0.3, 0.2), (0.6, 0.2), (0.6, 0.28), (0.2, 0.33)], blend(boar.coat, (190, 180, 165), 0.3)
    )
    pen.ellipse(0.62, 0.2, 0.045, 0.085, vary(rng, _SNOUT), 8)
    pen.ellipse(0.635, 0.18, 0.013, 0.024, (60, 36, 34))
    pen.blob([(0.06, -0.2), (0.02, -0.46), (0.22, -0.26), (0.2, -0.14)], boar.dark)
    pen.blob([(0.09, -0.22), (0.07, -0.37), (0.17, -0.24)], blend(boar.dark, (170, 120, 110), 0.35))
    pen.ellipse(0.24, -0.02, 0.032, 0.026, (22, 16, 14))
    pen.ellipse(0.25, -0.03, 0.009, 0.009, (235, 235, 230))
    if not boar.striped:
        pen.blob(shape("47,24 53,20 53,6 56.5,18 54,27"), _TUSK)


def _face(pen: Pen, rng: Rng, boar: _Boar) -> None:
    """Draw the animal head on: a disc of a snout between two tusks."""
    for side in (-1, 1):
        _leg(pen, side * 0.3, 0.0, boar.dark)
    pen.blob(shape("-50,-30 -52,-75 -20,-100 20,-100 52,-75 50,-30 0,-20"), shade(boar.coat, 0.82))
    x = rng.uniform(-0.4, 0.4, 30)
    pen.hairs(
        np.stack([x, -0.98 + x**2 * 0.7], axis=1),
        np.stack([x * 0.1, np.full(30, -0.1)], axis=1),
        boar.bristle,
        0.014,
    )
    for side in (-1, 1):
        ear = [(side * 0.24, -0.82), (side * 0.5, -1.04), (side * 0.44, -0.74)]
        pen.blob(ear, boar.dark)
    pen.blob(shape("-36,-78 0,-90 36,-78 34,-50 20,-22 0,-16 -20,-22 -34,-50"), boar.coat)
    for side in (-1, 1):
        pen.ellipse(side * 0.19, -0.6, 0.035, 0.03, (20, 14, 12))
        pen.ellipse(side * 0.19 + 0.01, -0.61, 0.01, 0.01, (235, 235, 230))
        pen.blob([(side * 0.18, -0.26), (side * 0.27, -0.42), (side * 0.22, -0.24)], _TUSK)
    snout = vary(rng, _SNOUT)
    pen.ellipse(0, -0.32, 0.17, 0.12, shade(snout, 0.8))
    pen.ellipse(0, -0.33, 0.15, 0.1, snout)
    for side in (-1, 1):
        pen.ellipse(side * 0.06, -0.33, 0.026, 0.04, (56, 32, 32))
