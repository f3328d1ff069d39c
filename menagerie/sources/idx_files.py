"""MNIST's files: a big-endian header, then bytes; plain or compressed by gzip."""

import gzip
import io
import math
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import InputError
from menagerie.photos.row import Side

SETS: dict[str, Side] = {"train": "train", "t10k": "test"}
"""How the files of a set begin, and the side that the set stands for."""

_IMAGES, _LABELS = "images", "labels"
_DIMENSIONS = {_IMAGES: 3, _LABELS: 1}
# Bytes 0 to 2 of an idx file: two zeros and the type, of which 8 is unsigned bytes. Byte 3 is
# the number of dimensions; each of them follows as a 32-bit number.
_UNSIGNED_BYTES = b"\x00\x00\x08"


@dataclass(frozen=True, slots=True)
class Set:
    """The images of a side, images x rows x columns, and the number of each one's class."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def idx_files(folder: Path) -> dict[tuple[str, str], Path]:
    """Find the four files of a folder, by set and content.

    Raises:
        InputError: one of them is not there.
    """
    found, absent = {}, []
    for name in SETS:
        for content, dimensions in _DIMENSIONS.items():
            # Both spellings are about.
            names = [f"{name}-{content}{dot}idx{dimensions}-ubyte" for dot in "-."]
            paths = [folder / f"{each}{end}" for each in names for end in ("", ".gz")]
            there = [path for path in paths if path.is_file()]
            if there:
                found[name, content] = there[0]
            else:
                absent.append(names[0])
    if absent:
        raise InputError(
            f"{folder} lacks {', '.join(absent)}, plain or with .gz. Name the folder with the"
            " four files of MNIST or of a set laid out like it in source.path."
        )
    return found


def read_set(files: dict[tuple[str, str], Path], name: str) -> Set:
    """Map the images and labels of a set; memory holds what is looked at.

    Raises:
        InputError: a file is no such file, or the two do not fit together.
    """
    images, labels = (_read(files[name, content], content) for content in _DIMENSIONS)
    if len(images) != len(labels):
        raise InputError(
            f"{files[name, _IMAGES]} holds {len(images):,} images and {files[name, _LABELS]}"
            f" {len(labels):,} labels. Get both files again, of one set."
        )
    return Set(images, labels)


def _read(path: Path, content: str) -> NDArray[np.uint8]:
    dimensions = _DIMENSIONS[content]
    try:
        with tempfile.TemporaryFile() as plain, _open(path) as packed:
            shutil.copyfileobj(packed, plain)
            plain.seek(0)
            head = plain.read(4 + 4 * dimensions)
            size = plain.seek(0, 2)
            shape = tuple(np.frombuffer(head[4:], ">u4").tolist())
            if head[:4] != _UNSIGNED_BYTES + bytes([dimensions]):
                raise ValueError(f"it begins with {head[:4].hex()}")
            if size != len(head) + math.prod(shape) or not size - len(head):
                raise ValueError(f"it says {shape} and has {size:,} bytes")
            return np.memmap(plain, np.uint8, "r", offset=len(head), shape=shape)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(
            f"{path} is no idx file of {content}: {error}. Get that file again."
        ) from None


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
