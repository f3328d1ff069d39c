"""The tile child: `python -m menagerie.photos.tile_child SIZE RESIZE`, started by `tiling.Tiler`.

It reads messages from standard input, a photo or the path of one each, and answers each with one
on standard output: the tile, or why there is none.
"""

import os
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from menagerie.errors import PhotoError
from menagerie.lifeline import end_at_hang_up
from menagerie.photos.decode import MAX_BYTES, WORK_EDGE_PX, cut_tile, decode
from menagerie.photos.messages import Message, read_message, write_message

DECODE_SECONDS = 10.0
"""Processor time that a photo may take; real photos take hundredths."""

PATH, PHOTO = 0, 1
"""Kinds of what is asked: the path of a file, or a file's bytes."""

READY, TILE, FIRST_TILE, FAULT = 2, 3, 4, 5
"""Kinds of answers: of no photo; pixels; those of an animated photo; a reason and, after a line
feed, an error."""


def main(size_px: int, resize: str) -> None:
    """Cut tiles until the parent hangs up."""
    questions, answers = sys.stdin.fileno(), os.dup(1)
    os.dup2(2, 1)
    end_at_hang_up()
    # What Pillow says of damaged files names none of them; they have their error.
    warnings.simplefilter("ignore")
    with suppress(BrokenPipeError):
        write_message(answers, READY, b"")
        while (question := read_message(questions)) is not None:
            # Processor time: a busy machine must not make sound photos broken. The signal ends
            # this process wherever it is, in native code as well.
            signal.setitimer(signal.ITIMER_PROF, DECODE_SECONDS)
            kind, body = _answer(question, size_px, resize)
            signal.setitimer(signal.ITIMER_PROF, 0)
            write_message(answers, kind, body)


def _answer(question: Message, size_px: int, resize: str) -> Message:
    data = question.body
    try:
        if question.kind == PATH:
            data = read_photo(Path(os.fsdecode(data)))
        picture = decode(data, max(size_px, WORK_EDGE_PX))
        tile = cut_tile(picture, size_px, resize)
    except PhotoError as error:
        return Message(FAULT, f"{error.reason}\n{error}".encode(errors="backslashreplace"))
    return Message(FIRST_TILE if picture.animated else TILE, tile.tobytes())


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
    except ValueError:
        raise PhotoError("gone", "is no name of a file: it holds a NUL") from None


def refuse_too_many_bytes(size: int) -> None:
    """Refuse a file of so many bytes if no photo has as many.

    Raises:
        PhotoError: it is so.
    """
    if size > MAX_BYTES:
        raise PhotoError("too_many_bytes", f"is larger than {MAX_BYTES // 2**20} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
