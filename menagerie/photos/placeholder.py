"""Flickr's picture that stands in for photos that are gone: how to tell it from a photo.

A deleted photo's address answers 302 to that picture, and a client that follows it stores a valid
PNG with status 200.
"""

import re
from urllib.parse import urlsplit

from menagerie.photos.row import Rendition

# As it was served in 2020 and 2025.
_SHA256 = {"6f38049c08670c05cf14fc02d1fbcc84d80fc91f8178c86c7cecb588cc1b6f88"}
# https://s.yimg.com/pw/images/en-us/photo_unavailable.png, the same with _l, and the newer
# https://combo.staticflickr.com/pw/images/...
_PATH = re.compile(r"/pw/images/|/photo_unavailable")

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# Flickr rounds edges; more than this share of the aspect is no rounding, but another picture.
_OTHER_ASPECT = 0.2
_SMALLEST_EDGE_PX = 16


def leads_to_placeholder(url: str) -> bool:
    """Tell whether a redirect to this address means that the photo is deleted or private."""
    return _PATH.search(urlsplit(url).path) is not None


def is_known_placeholder(sha256: str) -> bool:
    """Tell whether these bytes are known to be Flickr's picture of an unavailable photo."""
    return sha256 in _SHA256


def is_placeholder(rendition: Rendition, sha256: str, head: bytes | memoryview) -> bool:
    """Tell whether a file of a rendition is no photo, by its hash, format or shape.

    `head` is the beginning of the file. Flickr makes every rendition but the original a JPEG,
    and its placeholder is a PNG.
    """
    if is_known_placeholder(sha256):
        return True
    if rendition.name != "o" and head[: len(_PNG)] == _PNG:
        return True
    size = read_size(head)
    return size is not None and _is_other_shape(size, (rendition.width, rendition.height))


def _is_other_shape(found: tuple[int, int], told: tuple[int, int]) -> bool:
    # What has hardly a pixel, or was told none, has no shape to speak of.
    if min(*found, *told) < _SMALLEST_EDGE_PX:
        return False
    aspects = [max(size) / min(size) for size in (found, told)]
    # An original may lie on its side: longer over shorter edge stays what it is.
    return abs(aspects[0] / aspects[1] - 1) > _OTHER_ASPECT


def read_size(head: bytes | memoryview) -> tuple[int, int] | None:
    """Read width and height off the beginning of a JPEG or PNG; None where they do not stand."""
    if head[: len(_PNG)] == _PNG and head[12:16] == b"IHDR" and len(head) >= 24:
        return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    return _jpeg_size(head) if head[: len(_JPEG)] == _JPEG else None


def _jpeg_size(head: bytes | memoryview) -> tuple[int, int] | None:
    # Segments are FF, kind, two bytes of length that count themselves. Those of kind C0 to CF
    # begin a frame (precision, height, width), except C4, C8 and CC (ITU T.81, table B.1).
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        kind = head[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        if 0xC0 <= kind <= 0xCF and kind not in {0xC4, 0xC8, 0xCC}:
            height = int.from_bytes(head[at + 5 : at + 7])
            return int.from_bytes(head[at + 7 : at + 9]), height
        if kind == 0xDA:
            return None
        at += 2 + int.from_bytes(head[at + 2 : at + 4])
    return None
