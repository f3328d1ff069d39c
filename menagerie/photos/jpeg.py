"""The head of a JPEG: enough to tell that its pixels can be taken as they are."""

import struct
from collections.abc import Mapping
from typing import NamedTuple

_SCAN, _APP1, _APP2 = 0xDA, 0xE1, 0xE2
# Segments that change nothing of how the pixels are to be seen: tables, comments, the JFIF head,
# Photoshop's notes, and Adobe's word on the colours, which every decoder heeds by itself.
_PLAIN = frozenset({0xDB, 0xC4, 0xDD, 0xFE, 0xE0, 0xED, 0xEE})
# Baseline, extended and progressive.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_FRAME_BYTES = 6
_EXIF = b"Exif\0\0"
# Behind it the number of this piece of the profile, and of how many.
_WHOLE_PROFILE = b"ICC_PROFILE\0\1\1"

ORIENTATION = 0x0112
"""The EXIF tag that says how a picture is turned (Exif 2.32, 4.6.4)."""
_UPRIGHT = [3, 1, 1]  # One short integer, 1.


class Frame(NamedTuple):
    """What a JPEG that is upright says of its pixels.

    `profile` is its ICC profile, and `is_noted` says that it has one or has EXIF data.
    """

    width: int
    height: int
    is_grey: bool
    profile: bytes | None = None
    is_noted: bool = False


def plain_frame(data: bytes) -> Frame | None:
    """Read the head of an upright JPEG; None where a closer look is needed.

    Such a one has 8-bit grey or three colours, EXIF data, if any, that turns nothing, a colour
    profile in one piece, if any, and nothing in its head that is not known here.
    """
    if data[:2] != b"\xff\xd8":
        return None
    frame, notes, place = None, dict[int, bytes](), 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        if marker == _SCAN:
            return frame and frame._replace(profile=_profile(notes), is_noted=bool(notes))
        body = data[place + 4 : place + 2 + size]
        if marker in _FRAMES and frame is None:
            frame = _frame(body)
            if frame is None:
                return None
        elif marker in _NOTES and marker not in notes and _NOTES[marker](body):
            notes[marker] = body
        elif marker not in _PLAIN:
            return None
        place += 2 + size
    return None


def _profile(notes: Mapping[int, bytes]) -> bytes | None:
    return notes[_APP2][len(_WHOLE_PROFILE) :] if _APP2 in notes else None


def _frame(body: bytes) -> Frame | None:
    if len(body) < _FRAME_BYTES:
        return None
    bits, components = body[0], body[5]
    height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    if bits != 8 or components not in {1, 3} or not height or not width:
        return None
    return Frame(width, height, components == 1)


def _turns_nothing(body: bytes) -> bool:
    """Tell whether a segment is EXIF data that can be read and leaves the picture upright."""
    tiff = body.removeprefix(_EXIF)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or tiff is body:
        return False
    try:
        (start,) = struct.unpack_from(f"{order}L", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        # Of each entry the tag, the type, the number of values, and the first if it is short.
        entries = [
            struct.unpack_from(f"{order}HHLH", tiff, start + 2 + 12 * n) for n in range(count)
        ]
    except struct.error:
        return False
    return all(rest == _UPRIGHT for tag, *rest in entries if tag == ORIENTATION)


def _is_whole_profile(body: bytes) -> bool:
    return body.startswith(_WHOLE_PROFILE)


_NOTES = {_APP1: _turns_nothing, _APP2: _is_whole_profile}
