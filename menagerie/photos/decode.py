"""The ONE decode path: curation, releases, evaluation and prediction all see these pixels."""

import io
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError
from menagerie.photos.color import as_srgb, is_srgb
from menagerie.photos.jpeg import ORIENTATION, Frame, plain_frame
from menagerie.photos.scaling import averaged, resized

# Any change of the pixels, hashes or figures that come out of here must change this name:
# fingerprints, tiles and embeddings are kept by it.
DECODER = "turbo-2"

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000  # 150 MB as RGB; Flickr's largest fixed rendition has 6144 x 4096 = 25 M.
WORK_EDGE_PX = 256
"""Fingerprints are taken at the smallest JPEG scale whose short edge still reaches this."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
# libjpeg-turbo has fast inverse transforms for these alone; its 3/8 costs as much as 1.
_JPEG_SCALES = (8, 4, 2, 1)
# What libjpeg says of a body that ends too early, with or without an end marker behind it.
_CUT_OFF = "premature end"
# Beyond this many pixels photos are decoded one at a time: a large PNG takes 200 MB.
_LARGE_PIXELS = 8_000_000
_large = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded photo.

    `pixels` are uint8 (height, width, 3), upright, sRGB, and may be fewer than the file's `width` x
    `height` (upright as well); `format` is what the content says it is; of an `animated` one only
    the first frame was decoded.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: str
    animated: bool


def decode(data: bytes, edge_px: int = WORK_EDGE_PX) -> Picture:
    """Decode a photo's bytes, at reduced scale where that is cheaper.

    The short edge of the result is at least `edge_px` where the file has that many pixels.

    Raises:
        PhotoError: `broken`, `bomb` or `too_many_bytes`.
    """
    if len(data) > MAX_BYTES:
        raise PhotoError(Reason.TOO_MANY_BYTES, f"has {len(data):,} bytes; {MAX_BYTES:,} at most")
    if not data:
        raise PhotoError(Reason.BROKEN, "is an empty file")
    frame = plain_frame(data)
    try:
        picture = frame and _plain(frame, data, edge_px)
        return picture or _any(data, edge_px)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoError(Reason.BOMB, f"has more than {MAX_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        raise PhotoError(Reason.BROKEN, "is not a picture of a known format") from None
    except PhotoError:
        raise
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        # Pillow's parsers meet hostile bytes with any of these.
        raise PhotoError(Reason.BROKEN, f"cannot be decoded: {error}") from None
    except MemoryError:
        raise PhotoError(Reason.BOMB, "needs more memory than there is") from None


def _plain(frame: Frame, data: bytes, edge_px: int) -> Picture | None:
    """Decode a JPEG whose pixels are as they are to be seen; None where there is more to it."""
    if frame.profile and (frame.is_grey or not is_srgb(frame.profile)):
        return None
    with _turn(frame.width, frame.height):
        pixels = _turbo(data, frame.width, frame.height, "RGB", edge_px)
    if pixels is None:
        return None
    factor = min(pixels.shape[:2]) // edge_px
    if factor > 1 and frame.is_noted:
        # Huge ones with notes have always been averaged by Pillow, which rounds otherwise.
        return None
    pixels = averaged(pixels, factor)
    return Picture(pixels, frame.width, frame.height, "JPEG", animated=False)


def _any(data: bytes, edge_px: int) -> Picture:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image, _turn(*image.size):
        return _upright_rgb(image, data, edge_px)


def _turn(width: int, height: int) -> AbstractContextManager[object]:
    """Refuse a bomb, and let large pictures wait for each other."""
    if width * height > MAX_PIXELS:
        raise PhotoError(Reason.BOMB, f"has {width:,} x {height:,} pixels; {MAX_PIXELS:,} at most")
    return _large if width * height > _LARGE_PIXELS else nullcontext()


def _upright_rgb(image: Image.Image, data: bytes, edge_px: int) -> Picture:
    width, height = image.size
    is_jpeg = image.format in {"JPEG", "MPO"}
    animated = not is_jpeg and bool(getattr(image, "is_animated", False))
    image_format = "JPEG" if is_jpeg else image.format or ""
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    loaded = _jpeg(image, data, edge_px) if is_jpeg else _loaded(image)
    upright = as_srgb(loaded, profile, max(1, min(loaded.size) // edge_px))
    if orientation is not None:
        upright = upright.transpose(orientation)
        if orientation in _QUARTER_TURNS:
            width, height = height, width
    return Picture(np.asarray(upright), width, height, image_format, animated)


def _loaded(image: Image.Image) -> Image.Image:
    image.load()
    return image


def _jpeg(image: Image.Image, data: bytes, edge_px: int) -> Image.Image:
    """Decode a JPEG by the fastest that can."""
    # simplejpeg knows no CMYK profile, and makes its own colours of CMYK.
    if image.mode in {"RGB", "L"}:
        colorspace = "GRAY" if image.mode == "L" else "RGB"
        pixels = _turbo(data, *image.size, colorspace, edge_px)
        if pixels is not None:
            return Image.fromarray(pixels.squeeze())
    # What it refuses, Pillow may still read.
    image.draft(None, _scaled(*image.size, edge_px))
    return _loaded(image)


def _turbo(
    data: bytes, width: int, height: int, colorspace: str, edge_px: int
) -> NDArray[np.uint8] | None:
    """Decode a JPEG at the smallest scale that reaches `edge_px`; None if it is refused.

    Raises:
        PhotoError: it is cut off.
    """
    columns, rows = _scaled(width, height, edge_px)
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            data, colorspace, min_height=rows, min_width=columns
        )
    except ValueError as error:
        if _CUT_OFF in str(error).casefold():
            raise PhotoError(Reason.BROKEN, f"is cut off: {error}") from None
        return None
    return pixels


def _scaled(width: int, height: int, edge_px: int) -> tuple[int, int]:
    scale = next((s for s in _JPEG_SCALES if min(width, height) >= s * edge_px), 1)
    return -(-width // scale), -(-height // scale)


# What undoes each orientation.
_UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS = {_UNDO[5], _UNDO[6], _UNDO[7], _UNDO[8]}


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        value = image.getexif().get(ORIENTATION)
    except Exception:  # Damaged EXIF raises whatever its parser stumbles on; the pixels are fine.
        return None
    return _UNDO.get(value) if isinstance(value, int) else None


def cut_tile(picture: Picture, size_px: int, resize: str) -> NDArray[np.uint8]:
    """Make the square sample of a picture: uint8 (size_px, size_px, 3).

    `resize` is `crop` (centre square), `pad` (black borders) or `stretch`.
    """
    pixels = picture.pixels
    height, width = pixels.shape[:2]
    if resize == "pad":
        scale = size_px / max(width, height)
        across, down = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (size_px - across) // 2, (size_px - down) // 2
        tile = np.zeros((size_px, size_px, 3), dtype=np.uint8)
        tile[top : top + down, left : left + across] = resized(pixels, across, down)
        return tile
    if resize == "crop":
        edge = min(width, height)
        left, top = (width - edge) // 2, (height - edge) // 2
        pixels = pixels[top : top + edge, left : left + edge]
    return resized(pixels, size_px, size_px)


def read_tile(data: bytes, size_px: int, resize: str) -> NDArray[Any]:
    """Decode a photo's bytes and make its sample: uint8 (size_px, size_px, 3).

    Raises:
        PhotoError: see `decode`.
    """
    return cut_tile(decode(data, max(size_px, WORK_EDGE_PX)), size_px, resize)
