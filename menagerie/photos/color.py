"""Colours: whatever a file holds becomes 8-bit sRGB."""

import io
import threading
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

_SRGB = ImageCms.createProfile("sRGB")


def as_srgb(image: Image.Image, profile: bytes | None, factor: int = 1) -> Image.Image:
    """Convert a loaded picture of any mode to 8-bit sRGB, transparency on white.

    `profile` is its embedded ICC profile; one that is damaged, or of other colours than the
    picture's, is ignored. A picture may be shrunk by a whole `factor` on the way, which keeps
    the conversion of a large one cheap.
    """
    if image.mode.startswith(("I", "F")):
        return _reduced(_eight_bits(image), factor).convert("RGB")
    if image.mode in {"LA", "PA", "RGBA", "La", "RGBa"} or "transparency" in image.info:
        rgba = _reduced(image.convert("RGBA"), factor)
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    else:
        if image.mode not in {"RGB", "CMYK", "L"}:
            image = image.convert("RGB")
        image = _reduced(image, factor)
    converted = _from_profile(image, profile) if profile else None
    if converted is not None:
        return converted
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(64)
def is_srgb(profile: bytes) -> bool:
    """Tell whether an ICC profile says that nothing of an RGB picture is to be converted."""
    return _transform(profile, "RGB", threading.get_ident()) is None


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    return image if factor == 1 else image.reduce(factor)


def _from_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert by an embedded ICC profile; None when that is not needed or not possible."""
    # A transform keeps a cache of its own that threads must not share.
    transform = _transform(profile, image.mode, threading.get_ident())
    if transform is None:
        return None
    try:
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, ValueError):
        return None


@lru_cache(64)
def _transform(profile: bytes, mode: str, _thread: int) -> Any:
    """Return what converts from a profile to sRGB; None when it is sRGB, or damaged."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring 16-bit, 32-bit and real-valued grey to 8 bits."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    top = 65535.0
    if image.mode == "F":
        top = float(values.max(initial=1.0, where=np.isfinite(values)))
    # In lots of rows: a large picture as real numbers would take eight times its memory.
    grey = np.empty(values.shape, dtype=np.uint8)
    for first in range(0, len(values), 256):
        rows = values[first : first + 256] / np.float32(top)
        grey[first : first + 256] = np.clip(np.nan_to_num(rows), 0.0, 1.0) * 255
    return Image.fromarray(grey)
