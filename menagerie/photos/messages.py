"""How the tile children and their parent talk: a kind, a number of bytes, and so many bytes.

One asks and the other answers, so that there is never more than one message in a pipe.
"""

import os
from struct import Struct
from typing import NamedTuple

_HEAD = Struct("<BI")
# What a pipe holds: with one call of the kernel most messages are read as a whole.
_PIPE_BYTES = 2**16


class Message(NamedTuple):
    """What was sent; what a `kind` means is agreed on by those who talk."""

    kind: int
    body: bytes


def write_message(pipe: int, kind: int, body: bytes) -> None:
    """Write a message to a pipe, and wait until it is in there.

    Raises:
        BrokenPipeError: nobody reads it.
    """
    head = _HEAD.pack(kind, len(body))
    written = os.writev(pipe, (head, body))
    rest = memoryview(body)[written - len(head) :]
    # A signal can cut a long message short. It never cuts the head: who talks waits for an answer
    # before the next message, so that the pipe is empty.
    while rest:
        rest = rest[os.write(pipe, rest) :]


def read_message(pipe: int) -> Message | None:
    """Wait for a message from a pipe; None if there will be no whole one any more."""
    begun = os.read(pipe, _PIPE_BYTES)
    while len(begun) < _HEAD.size:
        more = os.read(pipe, _PIPE_BYTES)
        if not more:
            return None
        begun += more
    kind, size = _HEAD.unpack_from(begun)
    if len(begun) == _HEAD.size + size:
        return Message(kind, begun[_HEAD.size :])
    body = bytearray(size)
    done = len(begun) - _HEAD.size
    body[:done] = begun[_HEAD.size :]
    with memoryview(body) as whole:
        while done < size:
            more_bytes = os.readv(pipe, [whole[done:]])
            if not more_bytes:
                return None
            done += more_bytes
    return Message(kind, bytes(body))
