"""Everything that looks random in the sandbox is a hash of what it belongs to."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Words = npt.NDArray[np.uint64]

_WORD = 2.0**64


def word(*parts: str | int) -> int:
    """Hash `parts` to 64 bits, the same in every process and on every machine."""
    text = "\x1f".join(map(str, parts))
    # Names of folders and files need not be UTF-8.
    encoded = text.encode(errors="surrogateescape")
    return int.from_bytes(blake2b(encoded, digest_size=8).digest(), "big")


def mix(words: Words) -> Words:
    """Scatter 64-bit words: one step of splitmix64, over whole columns at once."""
    scattered = words + np.uint64(0x9E3779B97F4A7C15)
    scattered = (scattered ^ (scattered >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    scattered = (scattered ^ (scattered >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return scattered ^ (scattered >> np.uint64(31))


def salted(words: Words, salt: str) -> Words:
    """Scatter a column again, independently for every `salt`."""
    return mix(words ^ np.uint64(word(salt)))


def units(words: Words) -> npt.NDArray[np.float64]:
    """Turn words into numbers of [0, 1)."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


class Draws:
    """Named draws that belong to one thing: the same name always gives the same value."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key

    def word(self, name: str) -> int:
        """Draw 64 bits: `word(key, name)`, written out, for a page of photos draws thousands."""
        text = f"{self.key}\x1f{name}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

    def unit(self, name: str) -> float:
        """Draw a number of [0, 1)."""
        return self.word(name) / _WORD

    def below(self, name: str, end: int) -> int:
        """Draw an integer of [0, end)."""
        return self.word(name) % end

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Draw one of `options`."""
        return options[self.word(name) % len(options)]

    def hexadecimal(self, name: str, digits: int) -> str:
        """Draw hexadecimal digits, at most 16."""
        return f"{self.word(name):016x}"[:digits]


class TabledDraws(Draws):
    """Draws that were made beforehand, for many things at once: see `tabled`."""

    __slots__ = ("_row", "_values")

    def __init__(self, row: dict[str, int], values: list[int]) -> None:
        self._row = row
        self._values = values

    def word(self, name: str) -> int:
        """Look up the 64 bits of a name."""
        return self._values[self._row[name]]

    # The inherited methods would do, and cost another call each time.
    def unit(self, name: str) -> float:
        """Look up a number of [0, 1)."""
        return self._values[self._row[name]] / _WORD

    def below(self, name: str, end: int) -> int:
        """Look up an integer of [0, end)."""
        return self._values[self._row[name]] % end

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Look up one of `options`."""
        return options[self._values[self._row[name]] % len(options)]


def tabled(numbers: npt.NDArray[np.int64], salt: int, names: Sequence[str]) -> list[TabledDraws]:
    """Draw all of `names` for each of `numbers`: cheaper than hashing texts, and not the same."""
    columns = {name: place for place, name in enumerate(names)}
    salts = np.array([word(name, salt) for name in names], np.uint64)
    drawn = mix(mix(numbers.astype(np.uint64))[:, None] ^ salts)
    return [TabledDraws(columns, values) for values in drawn.tolist()]
