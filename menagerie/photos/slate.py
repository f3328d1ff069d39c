"""What the decoding child has under way, in memory that its parent reads when it has died.

To write there costs no call of the kernel and wakes nobody, unlike a line through a pipe; and what
was written survives whoever wrote it.
"""

import mmap
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

_NAME_BYTES = 64  # A SHA-256 in hexadecimal.
_LINE_BYTES = _NAME_BYTES + 1
_BLANK, _WRITTEN = b"\0", b"\1"


class Slate:
    """A line for each of some threads, blank or with the SHA-256 of the file it decodes."""

    def __init__(self, descriptor: int) -> None:
        """Open the slate that another process made; the descriptor may be closed then."""
        self._memory = mmap.mmap(descriptor, 0)
        self.lines = len(self._memory) // _LINE_BYTES
        self._free = list(range(self.lines))

    @classmethod
    @contextmanager
    def create(cls, lines: int) -> Iterator[tuple[Self, int]]:
        """Make a blank slate, with a descriptor of it that a child must inherit meanwhile."""
        with tempfile.TemporaryFile() as file:
            file.truncate(lines * _LINE_BYTES)
            yield cls(file.fileno()), file.fileno()

    @contextmanager
    def naming(self, sha256: str) -> Iterator[None]:
        """Have a file's name on a line as long as it is decoded."""
        start = self._free.pop() * _LINE_BYTES
        # The name first: a line that counts is whole whenever its writer dies.
        self._memory[start + 1 : start + _LINE_BYTES] = sha256.encode()
        self._memory[start : start + 1] = _WRITTEN
        try:
            yield
        finally:
            self._memory[start : start + 1] = _BLANK
            self._free.append(start // _LINE_BYTES)

    def names(self) -> set[str]:
        """Return what is written."""
        lines = bytes(self._memory)
        return {
            lines[start + 1 : start + _LINE_BYTES].decode()
            for start in range(0, len(lines), _LINE_BYTES)
            if lines[start : start + 1] == _WRITTEN
        }
