"""How a folder of photos is laid out: a sub-folder a class, with or without a given split."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from menagerie.errors import EmptySearchError, InputError
from menagerie.folders import files_below
from menagerie.photos.row import Side

TRAIN = "train"
TEST = ("test", "validation", "val")

_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Layout:
    """Sub-folders of `root` that hold classes, each with the side that it gives its photos.

    A folder with `train` beside `test`, `validation` or `val` is given a split; any other has
    its classes right in it.
    """

    root: Path
    parts: tuple[tuple[Path, Side | None], ...]

    @property
    def is_split(self) -> bool:
        """Whether the folder itself says what is for training and what for tests."""
        return self.parts[0][1] is not None

    def classes(self) -> list[str]:
        """Return the names of the sub-folders that can be classes."""
        return sorted({each for part, _ in self.parts for each in _folders(part)})

    def photos(self, keyword: str) -> Iterator[tuple[str, Side | None]]:
        """Yield the address and the side of each file of a class, in the order of names."""
        for part, side in self.parts:
            for file in files_below(part / keyword):
                yield self._address(file), side

    def _address(self, file: Path) -> str:
        # Names need not be UTF-8; what the catalog keeps must be.
        return quote(os.fsencode(file.relative_to(self.root)))

    def file(self, address: str) -> Path:
        """Return where the file of an address lies."""
        return self.root / os.fsdecode(unquote_to_bytes(address))

    def refuse_absent(self, label: str, keyword: str) -> None:
        """Refuse a class that has no photos, or none on one of the given sides.

        Raises:
            EmptySearchError: it has none.
        """
        for part, _ in self.parts[: 2 if self.is_split else 1]:
            one_side = Layout(self.root, ((part, None),))
            # A keyword is the name of a sub-folder, and no path that leads elsewhere.
            if keyword not in _folders(part) or next(one_side.photos(keyword), None) is None:
                there = ", ".join(self.classes()[:20]) or "none"
                raise EmptySearchError(
                    f"{part} has no photos in a sub-folder {keyword!r} for the class {label!r}"
                    f" (sub-folders: {there}). Correct the keyword in the recipe, or put"
                    " photos there."
                )


def find_layout(root: Path) -> Layout:
    """Look at how a folder is laid out.

    Raises:
        InputError: it is no folder, cannot be read, or has no sub-folder.
    """
    try:
        names = _folders(root)
    except OSError as error:
        raise InputError(
            f"source.path cannot be read as a folder of photos: {error.strerror} (received"
            f" {str(root)!r}). Name a folder with a sub-folder of photos for each class."
        ) from None
    if not names:
        raise InputError(
            f"{root} holds no sub-folder, so there is no class in it. Put the photos of each class"
            " in a sub-folder of their own, or in train/CLASS and test/CLASS."
        )
    held_out = [name for name in TEST if name in names]
    if TRAIN not in names or not held_out:
        return Layout(root, ((root, None),))
    sides: list[tuple[Path, Side | None]] = [(root / TRAIN, "train")]
    return Layout(root, (*sides, *((root / name, "test") for name in held_out)))


def _folders(root: Path) -> list[str]:
    with os.scandir(root) as entries:
        return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))


def readable(address: str) -> str:
    """Return an address as people write it, on one line; a very long one is shortened."""
    text = unquote_to_bytes(address).decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(text) <= _LONGEST_ID:
        return text
    return f"{sha256(address.encode()).hexdigest()[:16]}-{text[17 - _LONGEST_ID :]}"
