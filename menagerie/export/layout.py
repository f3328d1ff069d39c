"""What a format has to say: how samples become files, and how these are read."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from menagerie.export.place import Place
from menagerie.export.source import Sample, Shard, Source

Pictures = Iterable[tuple[Sample, bytes]]
"""Samples, each with its picture encoded."""


class Card(NamedTuple):
    """What the README of an export says of its format.

    `files` is a list of what is there, and `use` an example of how to read it, both Markdown;
    `head` lines of YAML.
    """

    files: str
    use: str
    head: str = ""


class Layout(ABC):
    """A format; keeps nothing between calls."""

    @abstractmethod
    def encode(self, tiles: NDArray[np.uint8]) -> list[bytes]:
        """Encode tiles, uint8 (n, size, size, 3), as pictures; called from several threads."""

    @abstractmethod
    def missing(self, place: Place, shard: Shard) -> Sequence[Sample]:
        """Return the samples of a shard that are still to be written."""

    @abstractmethod
    def write(self, place: Place, shard: Shard, pictures: Pictures) -> None:
        """Write the samples of a shard that were missing, in their order."""

    @abstractmethod
    def card(self, source: Source) -> Card:
        """Tell how the export is read."""

    def write_around(self, place: Place, source: Source) -> None:  # noqa: B027  # most need none
        """Write what belongs to all samples, once they are there."""


class ShardLayout(Layout):
    """A format whose shards are files, or folders, that are there as a whole or not at all."""

    @abstractmethod
    def path(self, shard: Shard) -> str:
        """Return where a shard lies below the folder of the export."""

    def missing(self, place: Place, shard: Shard) -> Sequence[Sample]:
        """Return all of a shard's samples unless it is there."""
        return [] if (place.out / self.path(shard)).exists() else shard.samples


def one_line(document: object) -> bytes:
    """Encode a JSON document as a line of UTF-8."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
