"""The parent's side of the tile children: a crash or a hang of a decoder costs one photo."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import LifoQueue
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.reasons import Reason
from menagerie.errors import DecoderError, PhotoError
from menagerie.lifeline import end_child, start_child
from menagerie.photos.messages import Message, read_message, write_message
from menagerie.photos.tile_child import (
    DECODE_SECONDS,
    FAULT,
    FIRST_TILE,
    PATH,
    PHOTO,
    refuse_too_many_bytes,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A photo's sample: uint8 (size, size, 3); of an `animated` one the first frame."""

    pixels: NDArray[np.uint8]
    animated: bool


class Tiler:
    """Cuts tiles of strangers' files in child processes, which are started when first needed.

    As many threads as there are `children` may share it. Each child has one photo at a time, so
    that there is no doubt whose fault its end was.
    """

    def __init__(self, size_px: int, resize: str, children: int) -> None:
        self._shape = (size_px, size_px, 3)
        self._arguments = [str(size_px), resize]
        self._idle: LifoQueue[subprocess.Popen[str] | None] = LifoQueue()
        for _ in range(children):
            self._idle.put(None)
        self._children = children

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the children; nobody may be waiting for a tile."""
        for _ in range(self._children):
            child = self._idle.get()
            if child is not None:
                end_child(child)

    def cut_bytes(self, data: bytes) -> Tile:
        """Cut the tile of a photo's bytes, which never touch the disk; see `cut`.

        Raises:
            PhotoError: it has too many bytes or cannot be used, or is the end of its decoder.
            DecoderError: no child can be started.
        """
        refuse_too_many_bytes(len(data))
        return self._cut(PHOTO, data)

    def cut(self, path: Path) -> Tile:
        """Cut the tile of a photo's file.

        Raises:
            PhotoError: it cannot be used, or is the end of its decoder.
            DecoderError: no child can be started.
        """
        return self._cut(PATH, os.fsencode(path))

    def _cut(self, kind: int, body: bytes) -> Tile:
        answer = self._ask(kind, body)
        if isinstance(answer, int) and answer != -signal.SIGPROF:
            # It may have been somebody else's fault; the photo has a second chance.
            answer = self._ask(kind, body)
        if isinstance(answer, int):
            raise PhotoError(Reason.BROKEN, _last_words(answer))
        if answer.kind == FAULT:
            reason, _, error = answer.body.decode().partition("\n")
            raise PhotoError(reason, error)
        pixels = np.frombuffer(answer.body, np.uint8).reshape(self._shape)
        return Tile(pixels, answer.kind == FIRST_TILE)

    def _ask(self, kind: int, body: bytes) -> Message | int:
        """Return what a child answers to a question, or its exit status if it dies."""
        child = self._idle.get()
        try:
            child = child or self._start()
            assert child.stdin is not None
            assert child.stdout is not None
            with suppress(BrokenPipeError):
                write_message(child.stdin.fileno(), kind, body)
            answer = read_message(child.stdout.fileno())
            if answer is not None:
                return answer
            status = child.wait()
            end_child(child)
            child = None
            return status
        finally:
            self._idle.put(child)

    def _start(self) -> "subprocess.Popen[str]":
        child = start_child("menagerie.photos.tile_child", self._arguments)
        assert child.stdout is not None
        if read_message(child.stdout.fileno()) is None:
            end_child(child)
            raise DecoderError(
                f"The process that decodes photos cannot start (status {child.returncode})."
                " Is there enough memory? Run the same command again."
            )
        return child


def _last_words(status: int) -> str:
    if status == -signal.SIGPROF:
        return f"takes more than {DECODE_SECONDS:.0f} seconds to decode"
    return f"crashes its decoder (status {status})"
