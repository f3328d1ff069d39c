"""How a monkey is drawn. The ground is y = 0, a sitting animal is about one unit high."""

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
    (128, 88, 54),
    (156, 116, 66),
    (112, 104, 96),
    (74, 58, 46),
    (48, 42, 42),
    (168, 96, 52),
    (142, 130, 108),
    (96, 70, 50),
)
_FACES: tuple[Color, ...] = (
    (226, 178, 142),
    (206, 150, 122),
    (190, 140, 110),
    (232, 202, 170),
    (150, 110, 90),
    (96, 76, 70),
)


@dataclass(frozen=True, slots=True)
class _Monkey:
    coat: Color
    dark: Color
    belly: Color
    face: Color
    tail: float
    gaze: float


def draw_monkey(pen: Pen, rng: Rng) -> None:
    """Draw a monkey that sits, walks or shows its face."""
    coat = vary(rng, pick(rng, COATS))
    monkey = _Monkey(
        coat,
        shade(coat, 0.72),
        blend(coat, (236, 214, 176), between(rng, 0.2, 0.65)),
        vary(rng, pick(rng, _FACES)),
        between(rng, -1, 1),
        between(rng, -0.035, 0.035),
    )
    pose = rng.random()
    if pose < 0.58:
        _sitting(pen, rng, monkey)
    elif pose < 0.84:
        _walking(pen, rng, monkey)
    else:
        _portrait(pen, rng, monkey)


def draw_hanging_monkey(pen: Pen, rng: Rng) -> None:
    """Draw a monkey that hangs from a branch at y = 0 by an arm and its tail."""
    coat = vary(rng, pick(rng, COATS))
    monkey = _Monkey(
        coat,
        shade(coat, 0.72),
        blend(coat, (236, 214, 176), 0.4),
        vary(rng, pick(rng, _FACES)),
        0.0,
        between(rng, -0.03, 0.03),
    )
    swing = between(rng, -0.1, 0.1)
    pen.limb(
        [(-0.42, 0.02), (-0.5, 0.35), (-0.3, 0.78), (-0.08, 0.84)],
        (0.05, 0.06, 0.07, 0.09),
        monkey.dark,
    )
    pen.limb([(0.3, 0.0), (0.34, 0.22), (0.14 + swing, 0.48)], (0.09, 0.1, 0.13), monkey.dark)
    pen.ellipse(0.3, 0.0, 0.06, 0.05, monkey.face)
    pen.limb([(-0.06, 0.86), (-0.24, 0.98), (-0.1, 1.14)], (0.16, 0.12, 0.07), monkey.dark)
    pen.limb([(0.1, 0.88), (0.24, 1.02), (0.14, 1.16)], (0.16, 0.12, 0.07), monkey.coat)
    for x, y in ((-0.08, 1.16), (0.16, 1.18)):
        pen.ellipse(x, y, 0.07, 0.035, monkey.face)
    pen.blob(shape("-14,50 10,42 24,60 22,88 0,98 -18,84"), monkey.coat)
    pen.ellipse(0.03, 0.72, 0.12, 0.18, monkey.belly)
    pen.limb([(-0.1, 0.54), (-0.26, 0.66), (-0.3, 0.86)], (0.12, 0.09, 0.07), monkey.coat)
    pen.ellipse(-0.3, 0.89, 0.05, 0.045, monkey.face)
    _head(pen.at(0.02 + swing, 0.36, 0.92, swing * 80), rng, monkey)


def _sitting(pen: Pen, rng: Rng, monkey: _Monkey) -> None:
    curl = monkey.tail * 0.25
    pen.limb(
        [
            (-0.2, -0.1),
            (-0.55, -0.06),
            (-0.78, -0.3),
            (-0.7 + curl * 0.4, -0.62),
            (-0.5 + curl, -0.66),
            (-0.5 + curl * 0.6, -0.5),
        ],
        (0.1, 0.085, 0.075, 0.07, 0.06, 0.05),
        monkey.dark,
    )
    pen.blob(shape("-30,-8 -34,-30 -20,-58 0,-68 20,-58 34,-30 30,-6 0,0"), monkey.coat)
    _fur(pen, rng, monkey, (-0.25, -0.6, 0.25, -0.1))
    pen.ellipse(0.0, -0.3, 0.17, 0.25, monkey.belly)
    for side in (-1, 1):
        pen.limb(
            [(side * 0.2, -0.12), (side * 0.46, -0.26), (side * 0.34, -0.04)],
            (0.24, 0.2, 0.1),
            monkey.coat,
        )
        pen.ellipse(side * 0.36, -0.025, 0.13, 0.045, monkey.face)
        elbow, hand = (
            (side * 0.36, -0.34),
            (side * between(rng, 0.06, 0.3), between(rng, -0.3, -0.1)),
        )
        pen.limb([(side * 0.2, -0.54), elbow, hand], (0.14, 0.11, 0.08), monkey.dark)
        pen.ellipse(*hand, 0.06, 0.05, monkey.face)
    _head(
        pen.at(between(rng, -0.06, 0.06), -0.76, 1.05, between(rng, -14, 14)),
        rng,
        monkey,
    )


def _walking(pen: Pen, rng: Rng, monkey: _Monkey) -> None:
    """Draw the animal on all fours, in profile but for its face."""
    step = between(rng, -0.14, 0.14)
    raised = -0.9 + monkey.tail * 0.25
    pen.limb(
        [
            (-0.56, -0.52),
            (-0.82, -0.56),
            (-0.98, -0.78),
            (-0.9, raised - 0.1),
            (-0.74, raised - 0.06),
        ],
        (0.09, 0.08, 0.07, 0.06, 0.05),
        monkey.dark,
    )
    for x, move in ((-0.38, -step), (0.36, step)):
        pen.limb(
            [(x, -0.46), (x + move * 0.3, -0.24), (x + move, -0.03)],
            (0.17, 0.11, 0.07),
            monkey.dark,
        )
    pen.blob(
        shape("-62,-50 -45,-68 -10,-66 25,-72 48,-60 42,-42 10,-36 -30,-36 -56,-36"),
        monkey.coat,
    )
    pen.blob([(-0.3, -0.38), (0.1, -0.4), (0.3, -0.42), (0.1, -0.35)], monkey.belly)
    for x, move in ((-0.48, step), (0.28, -step)):
        knee = (x + move * 0.3 - 0.04, -0.24)
        pen.limb([(x, -0.5), knee, (x + move, -0.04)], (0.22, 0.12, 0.075), monkey.coat)
        pen.ellipse(x + move + 0.05, -0.025, 0.1, 0.035, monkey.face)
    _fur(pen, rng, monkey, (-0.5, -0.64, 0.35, -0.42))
    _head(pen.at(0.58, -0.78, 0.86, between(rng, -10, 16)), rng, monkey)


def _portrait(pen: Pen, rng: Rng, monkey: _Monkey) -> None:
    """Draw head and shoulders, close."""
    pen.blob(shape("-62,30 -60,-6 -30,-30 30,-30 60,-6 62,30"), monkey.dark)
    _fur(pen, rng, monkey, (-0.45, -0.2, 0.45, 0.1))
    pen.ellipse(0, 0.12, 0.26, 0.34, monkey.belly)
    _head(pen.at(0, -0.56, 1.7, between(rng, -12, 12)), rng, monkey)


def _fur(pen: Pen, rng: Rng, monkey: _Monkey, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    roots = np.stack([rng.uniform(left, right, 40), rng.uniform(top, bottom, 40)], axis=1)
    lean = np.stack([rng.uniform(-0.02, 0.02, 40), rng.uniform(0.04, 0.08, 40)], axis=1)
    pen.hairs(roots, lean, shade(monkey.coat, 1.15), 0.007)
    pen.hairs(roots + 0.03, lean, shade(monkey.coat, 0.84), 0.007)


def _head(pen: Pen, rng: Rng, monkey: _Monkey) -> None:
    """Draw a face with big ears; its origin is the middle of the head."""
    for side in (-1, 1):
        pen.ellipse(side * 0.25, 0.0, 0.09, 0.11, monkey.dark)
        pen.ellipse(side * 0.255, 0.005, 0.055, 0.075, shade(monkey.face, 0.9))
    pen.blob(shape("-25,2 -20,-18 0,-26 20,-18 25,2 17,18 0,24 -17,18"), monkey.coat)
    tuft = rng.uniform(-0.16, 0.16, 16)
    pen.hairs(
        np.stack([tuft, -0.22 + tuft**2], axis=1),
        np.stack([tuft * 0.3, rng.uniform(-0.1, -0.04, 16)], axis=1),
        monkey.coat,
        0.02,
    )
    for side in (-1, 1):
        pen.ellipse(side * 0.085 + monkey.gaze, -0.03, 0.105, 0.11, monkey.face)
    pen.ellipse(monkey.gaze, 0.1, 0.15, 0.115, shade(monkey.face, 1.04))
    for side in (-1, 1):
        x = side * 0.085 + monkey.gaze * 1.6
        pen.ellipse(x, -0.02, 0.038, 0.042, (240, 236, 228))
        pen.ellipse(x + monkey.gaze * 0.4, -0.016, 0.028, 0.033, (38, 22, 14))
        pen.ellipse(x + 0.01, -0.028, 0.009, 0.009, (250, 250, 250))
        pen.ellipse(side * 0.024 + monkey.gaze * 1.6, 0.075, 0.011, 0.014, shade(monkey.face, 0.45))
        pen.limb(
            [(x - 0.045, -0.085), (x, -0.1), (x + 0.045, -0.085)], (0.012, 0.02, 0.012), monkey.dark
        )
    mouth = [
        (-0.07 + monkey.gaze, 0.13),
        (monkey.gaze, 0.15 + between(rng, 0, 0.025)),
        (0.07 + monkey.gaze, 0.13),
    ]
    pen.limb(mouth, (0.008, 0.014, 0.008), shade(monkey.face, 0.45))
