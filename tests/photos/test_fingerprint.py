"""Fingerprints: hashes bit for bit those of imagehash, figures that mean what they say."""

from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from menagerie.photos.decode import decode
from menagerie.photos.fingerprint import Fingerprint, fingerprint, hashed_picture
from tests.builders import encoded, picture


def fingerprint_of(image: Image.Image) -> Fingerprint:
    return fingerprint(decode(encoded(image, "PNG")))


@pytest.mark.parametrize("seed", range(20))
def test_hashes_equal_those_of_imagehash(seed: int) -> None:
    decoded = decode(encoded(picture(200 + 13 * seed, 300, seed)))
    taken = fingerprint(decoded)
    assert f"{taken.phash:016x}" == str(imagehash.phash(hashed_picture(decoded)))
    assert f"{taken.dhash:016x}" == str(imagehash.dhash(hashed_picture(decoded)))


@pytest.mark.parametrize("colour", ["black", "white", "red"])
def test_hashes_of_blank_pictures_equal_those_of_imagehash(colour: str) -> None:
    decoded = decode(encoded(Image.new("RGB", (90, 60), colour)))
    assert f"{fingerprint(decoded).phash:016x}" == str(imagehash.phash(hashed_picture(decoded)))


@pytest.mark.parametrize("draw", ["halves", "gradient", "chessboard", "few levels"])
def test_hashes_of_flat_pictures_equal_those_of_imagehash(draw: str) -> None:
    """Many of their frequencies are nothing but rounding, or equal but for it."""
    rows, columns = np.mgrid[:256, :256]
    levels = {
        "halves": np.where(columns < 128, 50, 200),
        "gradient": rows,
        "chessboard": (rows // 32 + columns // 32) % 2 * 255,
        "few levels": np.random.default_rng(3).integers(0, 2, (256, 256)) + 100,
    }
    decoded = decode(encoded(Image.fromarray(levels[draw].astype(np.uint8)), "PNG"))
    assert f"{fingerprint(decoded).phash:016x}" == str(imagehash.phash(hashed_picture(decoded)))


def test_hashes_of_real_photos_equal_those_of_imagehash(shared: Path) -> None:
    for path in sorted((shared / "photos/large").iterdir())[:40]:
        decoded = decode(path.read_bytes())
        assert f"{fingerprint(decoded).phash:016x}" == str(imagehash.phash(hashed_picture(decoded)))


def test_brightness_and_contrast_run_from_0_to_1() -> None:
    black, white = (fingerprint_of(Image.new("RGB", (90, 60), c)) for c in ("black", "white"))
    assert (black.brightness, white.brightness) == (0.0, 1.0)
    assert black.contrast == white.contrast == 0.0
    halves = Image.new("RGB", (90, 60), "black")
    halves.paste("white", (0, 0, 45, 60))
    assert fingerprint_of(halves).contrast == pytest.approx(0.5, abs=0.01)


def detailed() -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 256, (48, 64), dtype=np.uint8)
    return Image.fromarray(noise).convert("RGB").resize((640, 480), Image.Resampling.NEAREST)


def test_a_blurred_copy_is_less_sharp() -> None:
    sharp = detailed()
    blurred = sharp.filter(ImageFilter.GaussianBlur(12))
    assert fingerprint_of(blurred).sharpness < fingerprint_of(sharp).sharpness / 3


def test_sharpness_does_not_see_contrast() -> None:
    paler = ImageEnhance.Contrast(detailed()).enhance(0.5)
    assert fingerprint_of(paler).sharpness == pytest.approx(
        fingerprint_of(detailed()).sharpness, rel=0.1
    )


def test_a_picture_of_one_pixel_has_figures() -> None:
    assert fingerprint_of(Image.new("RGB", (1, 1))).sharpness == 0.0
