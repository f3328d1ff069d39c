"""The tile child: `python -m menagerie.photos.tile_child SIZE RESIZE`, started by `tiling.Tiler`.

It reads one photo a line from standard input, as JSON: `{"path": ...}` or `{"bytes": ...}`, either
in base64. It prints one JSON document a line on standard output: the tile, or why there is none.
"""

import base64
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import orjson

from menagerie.errors import PhotoError
from menagerie.lifeline import requests_of_parent
from menagerie.photos.decode import MAX_BYTES, WORK_EDGE_PX, cut_tile, decode

DECODE_SECONDS = 10.0
"""Processor time that a photo may take; real photos take hundredths."""


def main(size_px: int, resize: str) -> None:
    """Cut tiles until the parent hangs up."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def tell(message: dict[str, Any]) -> None:
        answers.write(orjson.dumps(message) + b"\n")
        answers.flush()

    # What Pillow says of damaged files names none of them; they have their error.
    warnings.simplefilter("ignore")
    tell({"ready": True})
    for line in requests_of_parent():
        # Processor time: a busy machine must not make sound photos broken. The signal ends
        # this process wherever it is, in native code as well.
        signal.setitimer(signal.ITIMER_PROF, DECODE_SECONDS)
        message = _answer(orjson.loads(line), size_px, resize)
        signal.setitimer(signal.ITIMER_PROF, 0)
        tell(message)


def _answer(request: dict[str, str], size_px: int, resize: str) -> dict[str, Any]:
    try:
        picture = decode(_bytes_of(request), max(size_px, WORK_EDGE_PX))
        tile = cut_tile(picture, size_px, resize)
    except PhotoError as error:
        return {"reason": error.reason, "error": str(error)}
    return {"tile": base64.b64encode(tile.tobytes()).decode(), "animated": picture.animated}


def _bytes_of(request: dict[str, str]) -> bytes:
    if "bytes" in request:
        return base64.b64decode(request["bytes"])
    return read_photo(Path(os.fsdecode(base64.b64decode(request["path"]))))


def read_photo(path: Path) -> bytes:
    """Read a photo's file.

    Raises:
        PhotoError: there is none, it is no regular file, or too large.
    """
    try:
        if path.is_dir():
            raise PhotoError("broken", "is a folder without photos")
        if path.exists() and not path.is_file():
            raise PhotoError("broken", "is no regular file")
        refuse_too_many_bytes(path.stat().st_size)
        return path.read_bytes()
    except FileNotFoundError:
        raise PhotoError("gone", "does not exist") from None
    except OSError as error:
        raise PhotoError("broken", f"cannot be read: {error.strerror}") from None


def refuse_too_many_bytes(size: int) -> None:
    """Refuse a file of so many bytes if no photo has as many.

    Raises:
        PhotoError: it is so.
    """
    if size > MAX_BYTES:
        raise PhotoError("too_many_bytes", f"is larger than {MAX_BYTES // 2**20} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
