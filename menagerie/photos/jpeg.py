"""The head of a JPEG: enough to tell that nothing but its pixels needs to be looked at."""

from typing import NamedTuple

_START, _SCAN, _APP0 = 0xD8, 0xDA, 0xE0
# Segments that change nothing of how the pixels are to be seen: tables, comments, the JFIF head,
# Photoshop's notes, and Adobe's word on the colours, which every decoder heeds by itself.
_PLAIN = frozenset({0xDB, 0xC4, 0xDD, 0xFE, _APP0, 0xED, 0xEE})
# Baseline, extended and progressive.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_FRAME_BYTES = 6


class Frame(NamedTuple):
    """What a plain JPEG says of its pixels."""

    width: int
    height: int
    is_grey: bool


def plain_frame(data: bytes) -> Frame | None:
    """Read the head of a plain JPEG; None where a closer look is needed.

    A plain one has 8-bit grey or three colours, no EXIF and no colour profile, and nothing in its
    head that is not known here.
    """
    if data[:2] != b"\xff\xd8":
        return None
    frame, place = None, 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        if marker == _SCAN:
            return frame
        if marker in _FRAMES and frame is None:
            frame = _frame(data[place + 4 : place + 4 + _FRAME_BYTES])
            if frame is None:
                return None
        elif marker not in _PLAIN:
            return None
        place += 2 + size
    return None


def _frame(head: bytes) -> Frame | None:
    if len(head) < _FRAME_BYTES:
        return None
    bits, components = head[0], head[5]
    height, width = int.from_bytes(head[1:3]), int.from_bytes(head[3:5])
    if bits != 8 or components not in {1, 3} or not height or not width:
        return None
    return Frame(width, height, components == 1)
