"""Files that mean harm or are badly broken, each with the reason that it should get.

The reason is None where a file is odd and yet a picture, which must then be decoded.
"""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from tests.builders import encoded, picture

BROKEN, BOMB = "broken", "bomb"
Hostile = tuple[str, bytes, str | None]


def hostile_files() -> Iterator[Hostile]:
    """Yield the name of each file, its bytes and its reason."""
    yield from _truncated()
    yield from _too_large()
    yield from _empty()
    yield from _disguised()
    yield from _headers()
    yield from _profiles()
    yield "jpeg-of-6000-scans", many_scans(7000, 7000, 6000), BROKEN


def _truncated() -> Iterator[Hostile]:
    whole = {
        "jpeg": encoded(picture(), quality=90),
        "progressive": encoded(picture(), quality=90, progressive=True),
        "png": encoded(picture(), "PNG"),
        "webp": encoded(picture(), "WEBP"),
    }
    for name, data in whole.items():
        for tenth in range(1, 10):
            yield f"{name}-cut-at-{tenth}0-percent", data[: len(data) * tenth // 10], BROKEN
    half = whole["jpeg"][: len(whole["jpeg"]) // 2]
    yield "jpeg-cut-and-ended", half + b"\xff\xd9", BROKEN
    yield "cmyk-cut", encoded(picture().convert("CMYK"))[:3000], BROKEN


def _too_large() -> Iterator[Hostile]:
    yield "png-of-30000", png(30_000, 30_000), BOMB
    yield "png-of-8000", png(8_000, 8_000), BOMB
    jpeg = bytearray(encoded(picture(64, 64)))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    yield "jpeg-of-65500", bytes(jpeg), BOMB
    gif = bytearray(encoded(picture(64, 64), "GIF"))
    gif[6:10] = struct.pack("<HH", 65_535, 65_535)
    yield "gif-of-65535", bytes(gif), BOMB
    bmp = bytearray(encoded(picture(64, 64), "BMP"))
    bmp[18:26] = struct.pack("<ii", 100_000, 100_000)
    yield "bmp-of-100000", bytes(bmp), BOMB
    yield "png-of-7000-clear", encoded(Image.new("RGBA", (7_000, 7_000)), "PNG"), None
    grey = Image.fromarray(np.zeros((7_000, 7_000), dtype=np.uint16))
    yield "png-of-7000-16-bit", encoded(grey, "PNG"), None
    palette = Image.new("P", (7_000, 7_000))
    yield "gif-of-7000", encoded(palette, "GIF"), None


def _empty() -> Iterator[Hostile]:
    yield "nothing", b"", BROKEN
    yield "png-of-0", png(0, 0), BROKEN
    jpeg = bytearray(encoded(picture(64, 64)))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = bytes(4)
    yield "jpeg-of-0", bytes(jpeg), BROKEN
    yield "zeros", bytes(4000), BROKEN


def _disguised() -> Iterator[Hostile]:
    jpeg, gif = encoded(picture()), encoded(picture(), "GIF")
    yield "png-magic-before-jpeg", b"\x89PNG\r\n\x1a\n" + jpeg, BROKEN
    # The bytes where a GIF has its size say that it is enormous.
    yield "gif-magic-before-jpeg", b"GIF89a" + jpeg, BOMB
    yield "page", b"<!doctype html><script>alert(1)</script>" * 100, BROKEN
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield "svg", svg, BROKEN
    yield "pdf-before-jpeg", b"%PDF-1.4\n" + jpeg, BROKEN
    yield "jpeg-and-zip", jpeg + b"PK\x03\x04" + bytes(500), None
    yield "gif-and-script", gif + b"*/=1;alert(1)//", None
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", BROKEN


def _headers() -> Iterator[Hostile]:
    jpeg, whole = encoded(picture()), encoded(picture(), "PNG")
    padding = (b"\xff\xe5\xff\xff" + bytes(65_533)) * 200
    yield "jpeg-with-13-mb-of-headers", jpeg[:2] + padding + jpeg[2:], None
    text = zlib.compress(bytes(200_000_000), 9)
    chunk = b"Comment\0\0" + text
    yield "png-with-a-text-bomb", whole[:33] + _chunk(b"zTXt", chunk) + whole[33:], BROKEN
    # An EXIF directory that names itself as the next one.
    loop = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\x08"
    yield "jpeg-with-an-exif-loop", encoded(picture(), exif=loop), None


def _profiles() -> Iterator[Hostile]:
    whole = encoded(picture(), "PNG")
    nested = b"profile\0\0" + zlib.compress(bytes(300_000_000), 9)
    yield "png-with-a-profile-bomb", whole[:33] + _chunk(b"iCCP", nested) + whole[33:], BROKEN
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    yield "jpeg-with-a-profile-of-lab", encoded(picture(), icc_profile=lab), None
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    holed = srgb[:200] + b"\xff" * 200 + srgb[400:]
    yield "jpeg-with-a-damaged-profile", encoded(picture(), icc_profile=holed), None
    yield "jpeg-with-a-16-mb-profile", encoded(picture(), icc_profile=srgb * 5000), None


def png(width: int, height: int) -> bytes:
    """Return a PNG that says it has so many pixels, and has none."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def many_scans(width: int, height: int, scans: int) -> bytes:
    """Return a small progressive JPEG whose scans each make a decoder pass over all pixels.

    All coefficients are zero: the first scan says so of each block, and each later one of all
    blocks at once (ITU T.81, annex G: runs of up to 32,767 blocks).
    """
    blocks = -(-width // 8) * -(-height // 8)
    out = io.BytesIO()
    out.write(b"\xff\xd8\xff\xdb" + struct.pack(">HB", 67, 0) + b"\x01" * 64)
    out.write(b"\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, height, width, 1, 1, 0x11, 0))
    # Tables of one code each, the bit 0: no difference (DC), a run of 2**14 blocks (AC).
    for table, symbol in ((0x00, 0x00), (0x10, 0xE0)):
        codes = bytes([1] + [0] * 15)
        out.write(b"\xff\xc4" + struct.pack(">HB", 20, table) + codes + bytes([symbol]))
    out.write(b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0x00, 0, 0, 0))
    out.write(bytes(-(-blocks // 8)))
    # A run's code is followed by 14 bits that lengthen it; zeros leave it at 2**14.
    runs = -(-blocks // 2**14)
    body = bytes(-(-runs * 15 // 8))
    for scan in range(scans):
        at = 1 + scan % 63
        out.write(b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0x00, at, at, 0) + body)
    out.write(b"\xff\xd9")
    return out.getvalue()
