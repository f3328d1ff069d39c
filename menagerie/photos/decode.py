"""The ONE decode path: curation, releases, evaluation and prediction all see these pixels."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError

# Any change of the pixels, hashes or figures that come out of here must change this name:
# fingerprints and tiles are kept by it.
DECODER = "pillow-1"

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000  # 150 MB as RGB; Flickr's largest fixed rendition has 6144 x 4096 = 25 M.
WORK_EDGE_PX = 256
"""Fingerprints are taken at the smallest JPEG scale whose short edge still reaches this."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded photo.

    `image` is upright, sRGB, 8-bit RGB and may be smaller than the file's `width` x `height`
    pixels (upright as well); `format` is what the content says it is; of an
    `animated` one only the first frame was decoded.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    animated: bool


def decode(data: bytes, edge_px: int = WORK_EDGE_PX) -> Picture:
    """Decode a photo's bytes, at reduced scale where the format allows it.

    The short edge of the result is at least `edge_px` where the file has that many pixels.

    Raises:
        PhotoError: `broken`, `bomb` or `too_many_bytes`.
    """
    if len(data) > MAX_BYTES:
        raise PhotoError(Reason.TOO_MANY_BYTES, f"has {len(data):,} bytes; {MAX_BYTES:,} at most")
    if not data:
        raise PhotoError(Reason.BROKEN, "is an empty file")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return _upright_rgb(image, edge_px)
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


def _upright_rgb(image: Image.Image, edge_px: int) -> Picture:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoError(Reason.BOMB, f"has {width:,} x {height:,} pixels; {MAX_PIXELS:,} at most")
    image_format, animated = image.format or "", bool(getattr(image, "is_animated", False))
    orientation = _orientation(image)
    scale = edge_px / min(width, height)
    if scale < 1:
        # draft() picks the smallest of 1/2, 1/4, 1/8 that still reaches this size.
        image.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
    image.load()
    upright = _srgb(image)
    if orientation is not None:
        upright = upright.transpose(orientation)
        if orientation in _QUARTER_TURNS:
            width, height = height, width
    return Picture(upright, width, height, image_format, animated)


# The EXIF orientation tag and what undoes it (Exif 2.32, 4.6.4, tag 0x0112).
_ORIENTATION_TAG = 0x0112
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
        value = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # Damaged EXIF raises whatever its parser stumbles on; the pixels are fine.
        return None
    return _UNDO.get(value) if isinstance(value, int) else None


def _srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image).convert("RGB")
    if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    elif image.mode not in {"RGB", "CMYK", "L"}:
        image = image.convert("RGB")
    if profile:
        converted = _from_profile(image, profile)
        if converted is not None:
            return converted
    return image.convert("RGB")


def _from_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert by an embedded ICC profile; None when it is damaged or of another colour space."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image, dtype=np.float64)
    top = 65535.0 if image.mode.startswith("I") else max(float(values.max(initial=1.0)), 1.0)
    return Image.fromarray((np.clip(values / top, 0.0, 1.0) * 255).astype(np.uint8))


def cut_tile(picture: Picture, size_px: int, resize: str) -> NDArray[np.uint8]:
    """Make the square sample of a picture: uint8 (size_px, size_px, 3).

    `resize` is `crop` (centre square), `pad` (black borders) or `stretch`.
    """
    image, size = picture.image, (size_px, size_px)
    if resize == "crop":
        tile = ImageOps.fit(image, size, method=Image.Resampling.BICUBIC)
    elif resize == "pad":
        tile = ImageOps.pad(image, size, method=Image.Resampling.BICUBIC, color=(0, 0, 0))
    else:
        tile = image.resize(size, Image.Resampling.BICUBIC)
    return np.asarray(tile, dtype=np.uint8)


def read_tile(data: bytes, size_px: int, resize: str) -> NDArray[Any]:
    """Decode a photo's bytes and make its sample: uint8 (size_px, size_px, 3).

    Raises:
        PhotoError: see `decode`.
    """
    return cut_tile(decode(data, max(size_px, WORK_EDGE_PX)), size_px, resize)
