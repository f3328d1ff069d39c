"""What people do to photos before they upload them again, and pictures that only look alike.

Everything follows from a seed. All are written as JPEG of quality 90, unless the edit is the
quality itself.
"""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

Edit = Callable[[Image.Image, random.Random], Image.Image]

QUALITY = 90
QUALITIES = (95, 75, 50, 20)


def encoded(image: Image.Image, quality: int = QUALITY) -> bytes:
    """Return a picture's bytes as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def re_encoded(quality: int) -> Edit:
    """Return the edit that writes and reads a picture at a quality."""
    return lambda image, _: Image.open(io.BytesIO(encoded(image, quality))).convert("RGB")


def cropped(share: float) -> Edit:
    """Return the edit that takes a share of width and height away, anywhere."""

    def crop(image: Image.Image, chance: random.Random) -> Image.Image:
        width, height = (round(edge * (1 - share)) for edge in image.size)
        left = chance.randint(0, image.width - width)
        top = chance.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    return crop


def brightened(factor: float) -> Edit:
    """Return the edit that multiplies brightness."""
    return lambda image, _: ImageEnhance.Brightness(image).enhance(factor)


def contrasted(factor: float) -> Edit:
    """Return the edit that stretches contrast around the mean."""
    return lambda image, _: ImageEnhance.Contrast(image).enhance(factor)


def watermarked(width: float, strength: int) -> Edit:
    """Return the edit that writes over a picture in white, over a share of its width."""

    def mark(image: Image.Image, chance: random.Random) -> Image.Image:
        text = Image.new("L", (84, 14), 0)
        ImageDraw.Draw(text).text((2, 1), "(c) somebody", fill=strength)
        text = text.resize((int(image.width * width), int(image.width * width / 6)))
        veil = Image.new("L", image.size, 0)
        left = chance.randint(0, image.width - text.width)
        veil.paste(text, (left, chance.randint(0, max(0, image.height - text.height))))
        return Image.composite(Image.new("RGB", image.size, "white"), image, veil)

    return mark


def bordered(share: float, color: str) -> Edit:
    """Return the edit that frames a picture, by a share of its shorter edge."""
    return lambda image, _: ImageOps.expand(image, round(share * min(image.size)), color)


EDITS: dict[str, Edit] = {
    **{f"quality {quality}": re_encoded(quality) for quality in QUALITIES},
    "half the size": lambda image, _: image.resize((image.width // 2, image.height // 2)),
    "crop of 2 %": cropped(0.02),
    "crop of 5 %": cropped(0.05),
    "crop of 10 %": cropped(0.10),
    "brightness x 1.25": brightened(1.25),
    "brightness x 0.75": brightened(0.75),
    "contrast x 1.3": contrasted(1.3),
    "contrast x 0.7": contrasted(0.7),
    "watermark in a corner": watermarked(0.3, 200),
    "watermark across": watermarked(0.8, 140),
    "black border of 3 %": bordered(0.03, "black"),
    "white border of 5 %": bordered(0.05, "white"),
    "mirror image": lambda image, _: ImageOps.mirror(image),
}


def views(image: Image.Image) -> list[Image.Image]:
    """Return two other photos of the same scene: its left and its right three fifths."""
    width = image.width * 3 // 5
    return [image.crop((left, 0, left + width, image.height)) for left in (0, image.width - width)]


def plain(chance: random.Random) -> Image.Image:
    """Draw a picture of one or two tones, or of a gradient between two."""
    size = chance.choice([(400, 300), (300, 400), (400, 400)])
    one, two = (tuple(chance.randrange(256) for _ in range(3)) for _ in range(2))
    return chance.choice(_PLAIN)(Image.new("RGB", size, one), two, chance)


_Color = tuple[int, ...]


def _blank(image: Image.Image, _color: _Color, _chance: random.Random) -> Image.Image:
    return image


def _half(image: Image.Image, color: _Color, chance: random.Random) -> Image.Image:
    split = chance.uniform(0.2, 0.8)
    box = chance.choice(
        [(0, split * image.height, *image.size), (split * image.width, 0, *image.size)]
    )
    ImageDraw.Draw(image).rectangle(box, fill=color)
    return image


def _disc(image: Image.Image, color: _Color, chance: random.Random) -> Image.Image:
    radius = chance.uniform(0.1, 0.45) * min(image.size)
    x, y = (edge * chance.choice([0.5, chance.uniform(0.3, 0.7)]) for edge in image.size)
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    return image


def _stripes(image: Image.Image, color: _Color, chance: random.Random) -> Image.Image:
    count = chance.randint(2, 7)
    for number in range(count):
        left, right = (image.width * edge / count for edge in (number, number + 0.5))
        ImageDraw.Draw(image).rectangle((left, 0, right, image.height), fill=color)
    return image


def _board(image: Image.Image, color: _Color, chance: random.Random) -> Image.Image:
    count = chance.randint(2, 6)
    wide, high = (edge / count for edge in image.size)
    for row in range(count):
        for column in range(row % 2, count, 2):
            box = (column * wide, row * high, (column + 1) * wide, (row + 1) * high)
            ImageDraw.Draw(image).rectangle(box, fill=color)
    return image


def _word(image: Image.Image, color: _Color, chance: random.Random) -> Image.Image:
    text = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8))
    place = (image.width * 0.1, image.height * chance.uniform(0.1, 0.7))
    ImageDraw.Draw(image).text(place, text, fill=color, font_size=image.height / 6)
    return image


def _gradient(image: Image.Image, color: _Color, chance: random.Random) -> Image.Image:
    turned = Image.linear_gradient("L").rotate(chance.choice([0, 90, 180, 270]))
    return Image.composite(Image.new("RGB", image.size, color), image, turned.resize(image.size))


_PLAIN = (_blank, _half, _disc, _stripes, _board, _word, _gradient)
