"""Everything that looks random in the sandbox is a hash of what it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


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


@dataclass(frozen=True, slots=True)
class Draws:
    """Named draws that belong to one thing: the same name always gives the same value."""

    key: str

    def unit(self, name: str) -> float:
        """Draw a number of [0, 1)."""
        return word(self.key, name) / _WORD

    def below(self, name: str, end: int) -> int:
        """Draw an integer of [0, end)."""
        return word(self.key, name) % end

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Draw one of `options`."""
        return options[self.below(name, len(options))]

    def hexadecimal(self, name: str, digits: int) -> str:
        """Draw hexadecimal digits, at most 16."""
        return f"{word(self.key, name):016x}"[:digits]
