"""Hashes of crops and mirror images, told from a thumbnail alone."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from menagerie.catalog.curation import unpack_thumbs
from menagerie.curation.variants import WHOLE, WINDOWS, Window, variant_hashes
from menagerie.photos.decode import decode
from menagerie.photos.fingerprint import Fingerprint, fingerprint
from tests.builders import encoded, picture

CENTRE = Window(0.04, 0.04, 0.92)
MIRROR = Window(mirrored=True)


def printed(image: Image.Image) -> Fingerprint:
    return fingerprint(decode(encoded(image, "PNG")))


def thumbs(*prints: Fingerprint) -> NDArray[np.uint8]:
    return unpack_thumbs([each.thumb for each in prints])


def bits_apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_the_whole_picture_has_the_recorded_hash() -> None:
    prints = [printed(picture(seed=seed)) for seed in range(20)]
    told = variant_hashes(thumbs(*prints), (WHOLE,))[0]
    assert told.tolist() == [each.phash for each in prints]


def test_a_mirror_image_is_told_to_the_bit() -> None:
    image = picture(seed=4)
    told = variant_hashes(thumbs(printed(image)), (MIRROR,))[0, 0]
    assert bits_apart(int(told), printed(ImageOps.mirror(image)).phash) <= 2


def test_a_crop_is_told_nearly() -> None:
    image = picture(seed=5)
    crop = image.crop((13, 10, 307, 230))
    told = variant_hashes(thumbs(printed(image)), (CENTRE,))[0, 0]
    assert bits_apart(int(told), printed(crop).phash) <= 4


def test_a_photo_has_the_same_hashes_in_any_company() -> None:
    noise = np.random.default_rng(6).integers(0, 256, (300, 32, 32), dtype=np.uint8)
    together = variant_hashes(noise)
    alone = [variant_hashes(noise[n : n + 1]) for n in range(300)]
    assert together.shape == (len(WINDOWS), 300)
    assert np.array_equal(together, np.concatenate(alone, axis=1))
