"""Shelves: where blocks stand, a folder of this machine or a store that machines share."""

import os
import tempfile
import threading
import uuid
import weakref
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import fsspec
import numpy as np
from fsspec.implementations.local import LocalFileSystem
from numpy.typing import DTypeLike, NDArray

from menagerie.photos.draft import Draft

_SUFFIX = ".npy"


class Shelf(Protocol):
    """Blocks by their names."""

    def draft(self, shape: Sequence[int], dtype: DTypeLike) -> AbstractContextManager[Draft]:
        """Begin a block of such rows; it is there, in one step, when it is finished."""

    def open(self, name: str) -> np.memmap[Any, Any]:
        """Map a block into memory.

        Raises:
            OSError, ValueError: it is not there, or not whole.
        """

    def descriptor(self, name: str, /) -> int:
        """Open the file that `open` has mapped; whoever asks closes it."""

    def lost(self, named: Collection[str]) -> set[str]:
        """Return which of the names are those of no whole block."""

    def clear(self, named: Collection[str]) -> None:
        """Remove the blocks that have none of these names, and what writers have left."""


class FolderShelf:
    """Blocks in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def draft(self, shape: Sequence[int], dtype: DTypeLike) -> Iterator[Draft]:
        """Write a block under a name that is nobody's, which `finish` changes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{uuid.uuid4().hex}"

        def publish(name: str) -> None:
            unfinished.replace(self._path(name))

        try:
            with unfinished.open("x+b") as file:
                yield Draft(file.fileno(), shape, dtype, publish)
        finally:
            unfinished.unlink(missing_ok=True)

    def open(self, name: str) -> np.memmap[Any, Any]:
        """Map a block into memory; see `Shelf`."""
        mapped: np.memmap[Any, Any] = np.load(self._path(name), mmap_mode="r", allow_pickle=False)
        return mapped

    def descriptor(self, name: str) -> int:
        """Open a block's file."""
        return os.open(self._path(name), os.O_RDONLY)

    def lost(self, named: Collection[str]) -> set[str]:
        """Return which of the names are those of no whole block."""
        return {name for name in named if not self._has(name)}

    def _has(self, name: str) -> bool:
        try:
            self.open(name)
        except (OSError, ValueError):
            # Missing, or cut off: mapping it checks its length.
            return False
        return True

    def clear(self, named: Collection[str]) -> None:
        """Remove the blocks that have none of these names, and what writers have left."""
        for file in self._folder.glob("*"):
            if file.suffix != _SUFFIX or file.stem not in named:
                file.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"


class StoreShelf:
    """Blocks in a store by URL, as fsspec reaches it.

    What is read is copied once into a file that has no name: photos that are to be forgotten
    are left in no cache, and a process that is killed leaves nothing behind.
    """

    def __init__(self, url: str) -> None:
        filesystem, root = fsspec.core.url_to_fs(url)
        # Others write there: what was listed a moment ago may be old.
        filesystem.invalidate_cache()
        self._filesystem: Any = filesystem
        self._root: str = root
        self._copies: Any = None
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def draft(self, shape: Sequence[int], dtype: DTypeLike) -> Iterator[Draft]:
        """Write a block into a file that has no name; `finish` copies it into the store."""
        with tempfile.TemporaryFile(prefix="menagerie-") as file:

            def publish(name: str) -> None:
                self._filesystem.makedirs(self._root, exist_ok=True)
                file.seek(0)
                # A store shows it when it is whole.
                self._filesystem.pipe_file(self._path(name), file.read())
                self._places.pop(name, None)

            yield Draft(file.fileno(), shape, dtype, publish)

    def open(self, name: str) -> np.memmap[Any, Any]:
        """Map the copy of a block into memory; see `Shelf`."""
        with self._lock:
            if name not in self._places:
                self._copy(name)
            start, size = self._places[name]
            self._copies.seek(start)
            version = np.lib.format.read_magic(self._copies)
            assert version == (1, 0), "the shapes and types of blocks need no other header"
            shape, _, dtype = np.lib.format.read_array_header_1_0(self._copies)
            offset = self._copies.tell()
        if offset + dtype.itemsize * int(np.prod(shape)) > start + size:
            raise ValueError(f"{self._path(name)} is cut off")
        return np.memmap(self._copies, dtype=dtype, mode="r", offset=offset, shape=shape)

    def _copy(self, name: str) -> None:
        data = self._filesystem.cat_file(self._path(name))
        if self._copies is None:
            self._copies = tempfile.TemporaryFile(prefix="menagerie-")  # noqa: SIM115
            weakref.finalize(self, self._copies.close)
        start = self._copies.seek(0, os.SEEK_END)
        self._copies.write(data)
        self._copies.flush()
        self._places[name] = start, len(data)

    def descriptor(self, _name: str) -> int:
        """Open the file of the copies once more; a block is told by its offset."""
        return os.dup(self._copies.fileno())

    def lost(self, named: Collection[str]) -> set[str]:
        """Return which of the names the store does not have; one listing tells."""
        there = self._names()
        return {name for name in named if name not in there}

    def clear(self, named: Collection[str]) -> None:
        """Remove the blocks that have none of these names."""
        for name in self._names() - set(named):
            self._filesystem.rm_file(self._path(name))

    def _names(self) -> set[str]:
        self._filesystem.invalidate_cache()
        if not self._filesystem.exists(self._root):
            return set()
        files = (path.rpartition("/")[2] for path in self._filesystem.find(self._root))
        return {file.removesuffix(_SUFFIX) for file in files if file.endswith(_SUFFIX)}

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}{_SUFFIX}"


def put(shelf: Shelf, name: str, rows: NDArray[Any]) -> None:
    """Put a block on a shelf, in one step."""
    with shelf.draft(rows.shape[1:], rows.dtype) as draft:
        draft.write(0, rows)
        draft.finish(name, range(len(rows)))


def shelf_of(root: Path | str, kind: str) -> Shelf:
    """Return the shelf of a kind of blocks: in a home, or in a store that has a URL."""
    folder = _folder(root)
    return FolderShelf(folder / kind) if folder else StoreShelf(f"{root}/{kind}")


def kinds_of(root: Path | str, group: str) -> list[str]:
    """Return the kinds of a group of blocks, such as tiles, that stand in a home or a store."""
    home = _folder(root)
    if home is not None:
        return sorted(each.name for each in (home / group).glob("*") if each.is_dir())
    filesystem, folder = fsspec.core.url_to_fs(f"{root}/{group}")
    filesystem.invalidate_cache()
    if not filesystem.exists(folder):
        return []
    return sorted({path[len(folder) :].split("/")[1] for path in filesystem.find(folder)})


def _folder(root: Path | str) -> Path | None:
    """Return the folder that a home is or that a URL names; None for a store elsewhere."""
    if "://" not in str(root):
        return Path(root)
    filesystem, path = fsspec.core.url_to_fs(str(root))
    return Path(path) if isinstance(filesystem, LocalFileSystem) else None
