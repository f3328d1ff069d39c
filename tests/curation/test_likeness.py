"""Whether two pictures are one, told from thumbnails."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from menagerie.catalog.curation import unpack_thumbs
from menagerie.curation.likeness import same_picture
from menagerie.curation.variants import WHOLE, Window
from menagerie.photos.decode import decode
from menagerie.photos.fingerprint import fingerprint
from tests.builders import encoded

MIRROR = Window(mirrored=True)
CENTRE = Window(0.04, 0.04, 0.92)


def photo(seed: int = 0) -> Image.Image:
    """A picture with detail of every size."""
    chance, layers = np.random.default_rng(seed), Image.new("RGB", (320, 240), "grey")
    for edge in (4, 9, 20):
        noise = Image.fromarray(chance.integers(0, 256, (edge, edge, 3), dtype=np.uint8))
        layers = Image.blend(layers, noise.resize((320, 240), Image.Resampling.BICUBIC), 0.4)
    return layers


def alike(one: Image.Image, other: Image.Image, window: Window = WHOLE) -> bool:
    left, right = (
        unpack_thumbs([fingerprint(decode(encoded(image, "PNG"))).thumb]) for image in (one, other)
    )
    return bool(same_picture(left, right, window)[0])


def halves(split: float, dark: str = "black", light: str = "white") -> Image.Image:
    image = Image.new("RGB", (400, 300), light)
    ImageDraw.Draw(image).rectangle((0, 0, int(400 * split), 300), fill=dark)
    return image


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "re-encoded": lambda image: Image.open(io.BytesIO(encoded(image, quality=20))),
    "resized": lambda image: image.resize((160, 120)),
    "brightened": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "contrasted": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_the_same_picture(edit: str) -> None:
    assert alike(photo(), EDITS[edit](photo()))


def test_a_crop_is_the_same_picture_as_a_window_of_the_whole() -> None:
    assert alike(photo().crop((3, 20, 300, 238)), photo(), CENTRE)


def test_a_picture_is_the_same_as_what_stands_within_a_border() -> None:
    assert alike(photo(), ImageOps.expand(photo(), 12, "black"), CENTRE)


def test_a_mirror_image_is_the_same_picture_when_it_is_looked_at_as_one() -> None:
    assert alike(photo(), ImageOps.mirror(photo()), MIRROR)
    assert not alike(photo(), ImageOps.mirror(photo()))


@pytest.mark.parametrize("window", [WHOLE, MIRROR, CENTRE])
def test_other_photos_are_other_pictures(window: Window) -> None:
    assert not any(alike(photo(1), photo(seed), window) for seed in range(2, 12))


@pytest.mark.parametrize("window", [WHOLE, CENTRE])
@pytest.mark.parametrize(
    "other", [halves(0.53), halves(0.5, "black", "grey"), halves(0.5, "white", "black")]
)
def test_two_tones_of_other_shape_or_colour_are_other_pictures(
    other: Image.Image, window: Window
) -> None:
    assert not alike(halves(0.5), other, window)


def test_two_tones_mirrored_are_another_picture() -> None:
    assert not alike(halves(0.4), ImageOps.mirror(halves(0.4)), MIRROR)


def test_a_plain_picture_is_the_same_when_only_its_file_differs() -> None:
    assert alike(halves(0.4), EDITS["re-encoded"](halves(0.4)))


def test_blank_pictures_are_never_the_same() -> None:
    assert not alike(Image.new("RGB", (90, 90), "grey"), Image.new("RGB", (90, 90), "grey"))


def test_a_pair_is_judged_the_same_in_any_company() -> None:
    noise = np.random.default_rng(8).integers(0, 256, (40, 32, 32), dtype=np.uint8)
    near = np.roll(noise, 1, axis=2) // 2 + np.roll(noise, 0, axis=2) // 2
    together = same_picture(noise, near, CENTRE)
    alone = [bool(same_picture(noise[n : n + 1], near[n : n + 1], CENTRE)[0]) for n in range(40)]
    assert together.tolist() == alone
