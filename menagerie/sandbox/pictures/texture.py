"""Noise and light: what makes a drawing look photographed."""

from functools import cache

import numpy as np
from PIL import Image, ImageChops

from menagerie.sandbox.pictures.canvas import Color, Floats, Rng, between

_TILE = 1024
_BICUBIC = Image.Resampling.BICUBIC


def gradient(dimensions: tuple[int, int], colors: list[Color]) -> Image.Image:
    """Return colours that run into one another from the top to the bottom."""
    strip = Image.fromarray(np.array(colors, np.uint8)[:, None, :])
    return strip.resize(dimensions, Image.Resampling.BILINEAR)


def clouds(rng: Rng, dimensions: tuple[int, int], cells: int, low: int, high: int) -> Image.Image:
    """Return soft grey noise of two octaves; `cells` patches fit across."""
    width, height = dimensions
    rows = max(2, round(cells * height / width))
    coarse = Image.fromarray(rng.integers(low, high + 1, (rows, cells), np.uint8))
    fine = Image.fromarray(rng.integers(low, high + 1, (rows * 3, cells * 3), np.uint8))
    return Image.blend(coarse.resize(dimensions, _BICUBIC), fine.resize(dimensions, _BICUBIC), 0.35)


@cache
def _grain_tile() -> Image.Image:
    noise = np.random.default_rng(1).normal(128, 9, (_TILE, _TILE, 3))
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))


@cache
def _fur_tile() -> Image.Image:
    """Return grey strokes for coats and ground, light on average."""
    rng = np.random.default_rng(2)
    noise: Floats = rng.normal(0, 1, (_TILE, _TILE))
    along = sum(np.roll(noise, shift, axis=1) for shift in range(6)) / 6**0.5
    blotches = np.asarray(clouds(rng, (_TILE, _TILE), 24, 0, 255), np.float64) / 255 - 0.5
    return Image.fromarray(np.clip(236 + 11 * along + 46 * blotches, 0, 255).astype(np.uint8))


def _cut(rng: Rng, tile: Image.Image, dimensions: tuple[int, int]) -> Image.Image:
    width, height = dimensions
    if width > _TILE or height > _TILE:
        return tile.resize(dimensions)
    left, top = rng.integers(0, _TILE - width + 1), rng.integers(0, _TILE - height + 1)
    return tile.crop((int(left), int(top), int(left) + width, int(top) + height))


def with_grain(rng: Rng, image: Image.Image) -> Image.Image:
    """Add the noise of a sensor."""
    return ImageChops.add(image, _cut(rng, _grain_tile(), image.size), 1.0, -128)


def fur(rng: Rng, dimensions: tuple[int, int], brightness: float) -> Image.Image:
    """Return grey roughness to multiply a coat with, lit from above."""
    column = np.array([255, 255, 244, 216, 210], np.float64)[:, None] * min(brightness, 1.0)
    light = Image.fromarray(column.astype(np.uint8)).resize(dimensions, Image.Resampling.BILINEAR)
    return ImageChops.multiply(light, _cut(rng, _fur_tile(), dimensions))


def lit(rng: Rng, image: Image.Image) -> tuple[Image.Image, float]:
    """Light a small picture from one side, in the colour of an hour; returns how bright it is."""
    corners = rng.uniform(0.7, 1.25, (2, 2)).astype(np.float32)
    light = Image.fromarray(corners).resize(image.size, Image.Resampling.BILINEAR)
    warmth = between(rng, -0.06, 0.08)
    gain = np.asarray(light)[:, :, None] * np.array([1 + warmth, 1.0, 1 - warmth], np.float32)
    pixels = np.clip(np.asarray(image) * gain, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels), float(corners.mean())
