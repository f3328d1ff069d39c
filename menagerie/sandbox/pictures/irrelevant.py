"""What a search finds besides animals: places, signs, food, people, walls full of paint."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from menagerie.sandbox.pictures.canvas import Color, Pen, Rng, between, blend, pick, shade, vary
from menagerie.sandbox.pictures.scenery import backdrop
from menagerie.sandbox.pictures.texture import clouds, gradient, with_grain
from menagerie.sandbox.sizes import Dimensions

_LOUD: tuple[Color, ...] = (
    (214, 40, 57),
    (244, 162, 29),
    (20, 132, 168),
    (44, 62, 80),
    (240, 236, 220),
    (106, 76, 147),
    (42, 157, 90),
    (250, 210, 70),
    (236, 120, 150),
)
_SIGNS = {
    "monkey": ("MONKEY\nBUSINESS", "THE THREE\nMONKEYS", "Monkey\nMountain Ale", "12 MONKEYS"),
    "boar": ("THE BOAR'S\nHEAD INN", "WILD BOAR\nSAUSAGES", "Blue Boar\n1485", "BOAR HILL\n2 km"),
    "crow": ("OLD CROW\nWHISKEY", "THE BLACK\nCROWES", "Crow Lane", "CROW'S\nNEST"),
}
_SKINS: tuple[Color, ...] = ((236, 196, 164), (198, 146, 112), (124, 84, 62), (90, 62, 48))


def draw_irrelevant(subject: str, seed: int, dimensions: Dimensions) -> Image.Image:
    """Draw a picture that carries the keyword `subject` and shows something else."""
    rng = np.random.default_rng(seed)
    kinds: tuple[Callable[[Rng, str, Dimensions], Image.Image], ...] = (
        _landscape,
        _sign,
        _graffiti,
        _sausages,
        _person,
        _flowers,
    )
    return with_grain(rng, kinds[int(rng.integers(len(kinds)))](rng, subject, dimensions))


def _landscape(rng: Rng, subject: str, dimensions: Dimensions) -> Image.Image:
    return backdrop(rng, subject, dimensions, 0.6).image


def _sign(rng: Rng, subject: str, dimensions: Dimensions) -> Image.Image:
    ground, ink = (_LOUD[int(i)] for i in rng.permutation(len(_LOUD))[:2])
    image = gradient(dimensions, [shade(ground, 1.1), shade(ground, 0.8)])
    words = _SIGNS[subject][int(rng.integers(len(_SIGNS[subject])))]
    draw, width = ImageDraw.Draw(image), dimensions[0]
    edge = width * between(rng, 0.03, 0.08)
    draw.rectangle(
        (edge, edge, width - edge, dimensions[1] - edge), outline=ink, width=int(edge / 4)
    )
    draw.multiline_text(
        (width / 2, dimensions[1] * between(rng, 0.4, 0.6)),
        words,
        ink,
        anchor="mm",
        align="center",
        font_size=int(width * rng.uniform(0.09, 0.13)),
    )
    return image


def _graffiti(rng: Rng, _subject: str, dimensions: Dimensions) -> Image.Image:
    image = gradient(dimensions, [vary(rng, (150, 140, 130), 30), vary(rng, (120, 112, 106), 30)])
    pen = Pen(image).scaled(dimensions)
    for _ in range(int(rng.integers(7, 14))):
        color = vary(rng, pick(rng, _LOUD))
        points = rng.uniform(0, 1, (int(rng.integers(4, 7)), 2)).tolist()
        if rng.random() < 0.5:
            pen.blob(points, color)
        else:
            thick = between(rng, 0.03, 0.1)
            pen.limb(points, (thick, thick, thick), color)
            pen.limb(points, (thick / 3, thick / 3), shade(color, 1.4))
    return image


def _sausages(rng: Rng, _subject: str, dimensions: Dimensions) -> Image.Image:
    table = vary(rng, pick(rng, ((150, 104, 66), (210, 204, 196), (60, 70, 90), (180, 60, 60))))
    image = gradient(dimensions, [shade(table, 1.15), shade(table, 0.8)])
    edge = min(dimensions) * 0.5
    pen = Pen(image).at(dimensions[0] / 2, dimensions[1] / 2, edge, between(rng, 0, 180))
    pen.ellipse(0, 0.02, 0.92, 0.92, shade(table, 0.6))
    pen.ellipse(0, 0, 0.9, 0.9, (238, 236, 230))
    pen.ellipse(0, 0, 0.66, 0.66, (224, 222, 216))
    meat = vary(rng, (146, 66, 40), 24)
    for y in np.linspace(-0.36, 0.36, int(rng.integers(3, 6))).tolist():
        bend, own = between(rng, -0.14, 0.14), vary(rng, meat)
        line = [(-0.56, y), (0.0, y + bend), (0.56, y)]
        pen.limb(line, (0.15, 0.18, 0.15), own)
        pen.limb([(x, b - 0.04) for x, b in line], (0.01, 0.03, 0.01), shade(own, 1.6))
    return image


def _person(rng: Rng, _subject: str, dimensions: Dimensions) -> Image.Image:
    image = gradient(dimensions, [vary(rng, pick(rng, _LOUD), 20), vary(rng, (190, 190, 186), 30)])
    haze = clouds(rng, dimensions, 5, 0, 120)
    image.paste(vary(rng, (200, 196, 190), 30), mask=haze)
    width, height = dimensions
    skin, hair = (
        vary(rng, pick(rng, _SKINS)),
        vary(rng, pick(rng, ((60, 40, 30), (20, 18, 18), (190, 150, 90)))),
    )
    pen = Pen(image).at(width * between(rng, 0.35, 0.65), height, height * between(rng, 0.7, 0.95))
    pen.blob(
        [(-0.5, 0.1), (-0.42, -0.24), (-0.12, -0.36), (0.12, -0.36), (0.42, -0.24), (0.5, 0.1)],
        pick(rng, _LOUD),
    )
    pen.limb([(0, -0.48), (0, -0.3)], (0.16, 0.18), shade(skin, 0.85))
    pen.ellipse(0, -0.68, 0.22, 0.27, hair)
    pen.ellipse(0, -0.62, 0.175, 0.23, skin)
    for side in (-1, 1):
        pen.ellipse(side * 0.07, -0.65, 0.022, 0.015, (40, 30, 28))
    pen.limb(
        [(-0.06, -0.52), (0, -0.505), (0.06, -0.52)],
        (0.01, 0.018, 0.01),
        blend(skin, (150, 40, 40), 0.6),
    )
    return image


def _flowers(rng: Rng, _subject: str, dimensions: Dimensions) -> Image.Image:
    green = vary(rng, (80, 120, 60), 24)
    image = gradient(dimensions, [shade(green, 1.3), shade(green, 0.6)])
    pen, petal = Pen(image).scaled(dimensions), vary(rng, pick(rng, _LOUD))
    for x, y, size in rng.uniform((0.05, 0.1, 0.05), (0.95, 0.8, 0.13), (9, 3)).tolist():
        pen.limb([(x, y), (x + 0.03, 1.1)], (0.012, 0.012), shade(green, 0.7))
        flower, own = pen.at(x, y, size), vary(rng, petal, 20)
        for angle in range(0, 360, 60):
            flower.at(0, 0, 1, angle).ellipse(0.6, 0, 0.5, 0.28, own)
        flower.ellipse(0, 0, 0.3, 0.3, (240, 200, 60))
    return image
