"""The one decode path, on pictures named by what was done to them."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError
from menagerie.photos.decode import MAX_PIXELS, cut_tile, decode, read_tile
from tests.builders import encoded, picture


def corner(data: bytes) -> tuple[int, ...]:
    return tuple(decode(data).pixels[2, 2].tolist())


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_every_format_becomes_rgb(kind: str) -> None:
    decoded = decode(encoded(picture(), kind))
    assert (decoded.pixels.shape, decoded.width, decoded.height) == ((240, 320, 3), 320, 240)
    assert decoded.format == kind


@pytest.mark.parametrize("mode", ["L", "CMYK", "1", "P", "LA", "RGBA", "I;16", "YCbCr"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG"
    if mode == "I;16":
        image = Image.fromarray(np.full((40, 40), 65535, np.uint16))
    else:
        image = Image.new("RGB", (40, 40), "white").convert(mode)
    assert min(corner(encoded(image, kind))) >= 250


def test_transparency_shows_white() -> None:
    assert corner(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "PNG")) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_undone(orientation: int) -> None:
    upright = Image.new("RGB", (400, 200), "black")
    upright.paste("red", (0, 0, 100, 100))
    turn = {
        1: None, 2: 0, 3: Image.Transpose.ROTATE_180, 4: 1, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = upright if turn is None else upright.transpose(Image.Transpose(turn))
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encoded(stored, quality=95, exif=exif))
    assert (decoded.width, decoded.height) == (400, 200)
    assert decoded.pixels[20, 20, 0] > 200


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0MM\0*\0\0\0\xff", b""])
def test_damaged_exif_does_no_harm(exif: bytes) -> None:
    assert decode(encoded(picture(), exif=exif)).width == 320


def test_an_embedded_profile_is_converted_to_srgb() -> None:
    lab = ImageCms.createProfile("LAB")
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert lab is not None
    plain, profiled = encoded(picture(), "PNG"), encoded(picture(), "PNG", icc_profile=xyz)
    assert decode(plain).pixels.shape == decode(profiled).pixels.shape
    rubbish = encoded(picture(), "PNG", icc_profile=b"rubbish")
    assert np.array_equal(decode(plain).pixels, decode(rubbish).pixels)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert decode(out.getvalue()).animated
    assert corner(out.getvalue())[0] > 200


def test_a_large_jpeg_is_decoded_at_reduced_scale() -> None:
    decoded = decode(encoded(picture(2048, 1536)))
    assert (decoded.width, decoded.height) == (2048, 1536)
    assert decoded.pixels.shape == (384, 512, 3)
    assert min(decode(encoded(picture(2048, 1536)), 600).pixels.shape[:2]) >= 600


def test_the_content_decides_the_type() -> None:
    assert decode(encoded(picture(), "WEBP")).format == "WEBP"


@pytest.mark.parametrize("tenth", range(10))
def test_a_cut_off_file_is_broken(tenth: int) -> None:
    whole = encoded(picture(), quality=90)
    with pytest.raises(PhotoError) as raised:
        decode(whole[: len(whole) * tenth // 10])
    assert raised.value.reason == Reason.BROKEN


@pytest.mark.parametrize("data", [b"", b"hello", b"<html></html>", b"\0" * 4000, b"\xff\xd8\xff"])
def test_what_is_no_picture_is_broken(data: bytes) -> None:
    with pytest.raises(PhotoError) as raised:
        decode(data)
    assert raised.value.reason == Reason.BROKEN


@pytest.mark.parametrize("edge", [30_000, 12_000, 8_000])
def test_a_bomb_is_not_decoded(edge: int) -> None:
    with pytest.raises(PhotoError) as raised:
        decode(bomb(edge, edge))
    assert raised.value.reason == Reason.BOMB
    assert f"{MAX_PIXELS:,}" in str(raised.value)


@pytest.mark.parametrize("resize", ["crop", "pad", "stretch"])
def test_a_tile_is_square(resize: str) -> None:
    tile = read_tile(encoded(picture()), 64, resize)
    assert tile.shape == (64, 64, 3)
    assert tile.dtype == np.uint8


def test_crop_keeps_the_middle_pad_adds_borders() -> None:
    wide = Image.new("RGB", (400, 200), "black")
    wide.paste("white", (100, 0, 300, 200))
    decoded = decode(encoded(wide, "PNG"))
    assert cut_tile(decoded, 50, "crop").mean() > 245
    assert cut_tile(decoded, 50, "pad")[0].max() == 0


def test_real_awkward_files_decode(shared: Path) -> None:
    for path in sorted((shared / "photos/odd").iterdir()):
        decoded = decode(path.read_bytes())
        assert decoded.pixels.shape[2:] == (3,), path.name
        assert min(decoded.pixels.shape[:2]) >= 100
