"""A whole photo: an animal in a place, its shadow, what grows before it, light and grain."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from menagerie.sandbox.pictures.boar import draw_boar
from menagerie.sandbox.pictures.canvas import Pen, Rng, between, shade, vary
from menagerie.sandbox.pictures.crow import draw_crow
from menagerie.sandbox.pictures.monkey import draw_hanging_monkey, draw_monkey
from menagerie.sandbox.pictures.scenery import Scenery, backdrop
from menagerie.sandbox.pictures.texture import fur, with_grain
from menagerie.sandbox.sizes import Dimensions

_REACH = 1.35  # no animal reaches further from its origin, in its own units


class Pose(StrEnum):
    """What holds an animal up."""

    GROUND = "ground"
    PERCHED = "perched"
    HANGING = "hanging"
    FLYING = "flying"


_POSES: dict[str, tuple[tuple[Pose, float], ...]] = {
    "monkey": ((Pose.HANGING, 0.2), (Pose.GROUND, 0.8)),
    "boar": ((Pose.GROUND, 1.0),),
    "crow": ((Pose.PERCHED, 0.34), (Pose.FLYING, 0.26), (Pose.GROUND, 0.4)),
}


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where an animal is: its origin and its height, in pixels."""

    x: float
    y: float
    height: float
    turn: float
    mirrored: bool


def draw_animal(subject: str, seed: int, dimensions: Dimensions, moved: int = 0) -> Image.Image:
    """Draw a photo of an animal; `moved` moments later it has gone a little further."""
    rng = np.random.default_rng(seed)
    scenery = backdrop(rng, subject, dimensions, between(rng, 0.16, 0.42))
    pose = _pose(rng, subject)
    stand = _stand(rng, scenery, dimensions, pose)
    stand = replace(stand, x=stand.x + moved * 0.035 * dimensions[0], turn=stand.turn + moved * 2.5)
    if pose in (Pose.PERCHED, Pose.HANGING):
        _branch(scenery.image, rng, stand)
    elif pose is Pose.GROUND:
        _shadow(scenery.image, stand)
    _paste_animals(scenery, rng, subject, stand, pose)
    _foreground(scenery, rng, stand, pose)
    return with_grain(rng, scenery.image)


def _pose(rng: Rng, subject: str) -> Pose:
    poses, shares = zip(*_POSES[subject], strict=True)
    found = int(np.searchsorted(np.cumsum(shares), rng.random(), side="right"))
    pose: Pose = poses[min(found, len(poses) - 1)]
    return pose


def _stand(rng: Rng, scenery: Scenery, dimensions: Dimensions, pose: Pose) -> _Stand:
    width, height = dimensions
    size = min(height, width * 0.72) * between(rng, 0.32, 0.86)
    if pose is Pose.HANGING:
        y = height * between(rng, 0.06, 0.2)
        size *= 0.85
    elif pose is Pose.FLYING:
        size *= 0.8
        y = height * between(rng, 0.3, 0.65)
    elif pose is Pose.PERCHED:
        y = max(height * between(rng, 0.5, 0.8), size * 1.02)
    else:
        lowest = min(max(scenery.horizon + 0.06, 0.62), 0.93)
        y = max(height * between(rng, lowest, 0.97), size)
    return _Stand(
        width * between(rng, 0.34, 0.66),
        y,
        size,
        between(rng, -5, 5),
        bool(rng.random() < 0.5),
    )


def _paste_animals(scenery: Scenery, rng: Rng, subject: str, stand: _Stand, pose: Pose) -> None:
    """Draw the animal, now and then with another one behind it."""
    draw: dict[str, Callable[[Pen, Rng], None]] = {
        "monkey": draw_hanging_monkey if pose is Pose.HANGING else draw_monkey,
        "boar": draw_boar,
        "crow": lambda pen, bird: draw_crow(pen, bird, flying=pose is Pose.FLYING),
    }
    if rng.random() < 0.13:
        aside = stand.height * between(rng, 0.9, 1.4) * (1 if rng.random() < 0.5 else -1)
        behind = replace(
            stand,
            x=stand.x + aside,
            y=stand.y - (stand.height * 0.06 if pose is Pose.GROUND else 0),
            height=stand.height * between(rng, 0.5, 0.85),
            mirrored=bool(rng.random() < 0.5),
        )
        _paste_animal(scenery, rng, draw[subject], behind)
    _paste_animal(scenery, rng, draw[subject], stand)


def _paste_animal(
    scenery: Scenery, rng: Rng, draw: Callable[[Pen, Rng], None], stand: _Stand
) -> None:
    """Draw on a layer of its own, so that the coat gets rough and its edge soft."""
    image, reach = scenery.image, int(stand.height * _REACH)
    left, top = max(0, round(stand.x) - reach), max(0, round(stand.y) - reach)
    right, bottom = min(image.width, left + 2 * reach), min(image.height, top + 2 * reach)
    if right - left < 2 or bottom - top < 2:
        return
    layer = Image.new("RGBA", (right - left, bottom - top))
    pen = Pen(layer).at(
        stand.x - left, stand.y - top, stand.height, stand.turn, mirrored=stand.mirrored
    )
    draw(pen, rng)
    red, green, blue, mask = layer.split()
    rough = fur(rng, layer.size, scenery.brightness)
    coat = Image.merge("RGB", [ImageChops.multiply(band, rough) for band in (red, green, blue)])
    # The edge is softened inwards only: outside of it the layer has no colour.
    soft = ImageChops.multiply(mask, mask.filter(ImageFilter.BoxBlur(1)))
    image.paste(coat, (left, top), soft)


@cache
def _soft_disc() -> Image.Image:
    across = np.linspace(-1, 1, 48)
    nearness = np.clip(1.15 - np.hypot(across[:, None], across[None, :]) ** 2 * 1.15, 0, 1)
    return Image.fromarray((nearness * 170).astype(np.uint8))


def _shadow(image: Image.Image, stand: _Stand) -> None:
    """Darken the ground under the animal, softly."""
    wide, high = max(8, int(stand.height * 1.9)), max(4, int(stand.height * 0.26))
    mask = _soft_disc().resize((wide, high), Image.Resampling.BILINEAR)
    image.paste((18, 16, 14), (round(stand.x) - wide // 2, round(stand.y) - high // 2), mask)


def _branch(image: Image.Image, rng: Rng, stand: _Stand) -> None:
    """Draw what the animal holds on to: a branch, or a wire."""
    pen = Pen(image)
    slope = between(rng, -0.12, 0.12) * image.width
    line = [
        (-20.0, stand.y + slope),
        (stand.x, stand.y + stand.height * 0.035),
        (image.width + 20.0, stand.y - slope),
    ]
    thick = stand.height * (0.035 if rng.random() < 0.3 else between(rng, 0.1, 0.18))
    bark = vary(rng, (92, 76, 60), 22)
    pen.limb(line, (thick, thick, thick * 0.7), shade(bark, 0.75))
    pen.limb([(x, y - thick * 0.2) for x, y in line], (thick * 0.5, thick * 0.5, thick * 0.3), bark)


def _foreground(scenery: Scenery, rng: Rng, stand: _Stand, pose: Pose) -> None:
    """Draw blades before the animal's feet, snowflakes, or leaves close to the lens."""
    pen = Pen(scenery.image)
    width, height = scenery.image.size
    if pose is Pose.GROUND and rng.random() < 0.75:
        count = int(rng.integers(25, 90))
        depth = stand.y + rng.uniform(0.0, 0.16, count) * height
        roots = np.stack([rng.uniform(0, width, count), depth], axis=1)
        length = rng.uniform(0.04, 0.14, count) * height
        blades = np.stack([rng.uniform(-0.4, 0.4, count) * length, -length], axis=1)
        pen.hairs(roots, blades, vary(rng, scenery.growth, 16), width * 0.003)
        pen.hairs(roots + 9, blades * 0.8, shade(scenery.growth, 1.25), width * 0.0025)
    if scenery.snowy:
        for x, y, r in rng.uniform((0, 0, 0.8), (width, height, 3.4), (70, 3)).tolist():
            pen.ellipse(x, y, r, r, (240, 242, 246))
    if rng.random() < 0.16:
        _leaves(pen, rng, (width, height), shade(vary(rng, scenery.growth, 20), 0.7))


def _leaves(pen: Pen, rng: Rng, size: tuple[int, int], color: tuple[int, int, int]) -> None:
    side = float(rng.integers(2))
    for _ in range(int(rng.integers(3, 8))):
        leaf = pen.at(
            size[0] * (side + between(rng, -0.16, 0.16)),
            size[1] * between(rng, 0.2, 1.1),
            size[0] * between(rng, 0.12, 0.3),
            180 * side + between(rng, -40, 40),
        )
        leaf.blob([(-0.4, 0), (0.2, -0.16), (1, 0), (0.2, 0.16)], vary(rng, color, 10))
