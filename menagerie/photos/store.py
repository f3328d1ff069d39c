"""The photo store: bytes by their SHA-256, over fsspec."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from menagerie.errors import HomeError, SettingsError
from menagerie.folders import make_folder

_QUESTIONS_AT_ONCE = 16
_PROBE = ".probe"


class PhotoStore:
    """Files named by the SHA-256 of their content, in a folder or wherever fsspec reaches."""

    def __init__(self, url: str) -> None:
        """Open a store.

        Raises:
            SettingsError: nothing here can open such a URL.
            HomeError: its folder cannot be written.
        """
        try:
            filesystem, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise SettingsError(
                f"MENAGERIE_STORE_URL is no store that can be opened: {error} (received {url!r})."
                " Give a folder, or install the package that knows such URLs."
            ) from None
        self._filesystem: Any = filesystem
        self._root: str = root
        self._is_local = isinstance(filesystem, LocalFileSystem)
        self._made: set[str] = set()
        if self._is_local:
            make_folder(Path(root), "MENAGERIE_STORE_URL")

    def probe(self) -> None:
        """See that a store elsewhere can be written to.

        Raises:
            HomeError: it cannot; says why.
        """
        if self._is_local:
            return
        path = f"{self._root}/{_PROBE}"
        try:
            self._filesystem.pipe_file(path, b"")
            self._filesystem.rm_file(path)
        except Exception as error:
            # Each kind of store has errors of its own.
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise HomeError(
                f"The store at {self._root} cannot be written: {said}. See that its bucket exists"
                " and that MENAGERIE_STORE_URL, its endpoint and its keys are right."
            ) from None

    def adopt(self, file: Path, sha256: str) -> None:
        """Take a finished local file into the store; it is never visible half-written."""
        target = self._path(sha256)
        folder = target.rpartition("/")[0]
        if folder not in self._made:
            self._make(folder)
        if not self._is_local:
            self._filesystem.put_file(str(file), target)
            file.unlink()
            return
        try:
            _move(file, target)
        except FileNotFoundError:
            # Somebody tidied the folder away since it was made.
            self._make(folder)
            _move(file, target)

    def _make(self, folder: str) -> None:
        self._filesystem.makedirs(folder, exist_ok=True)
        self._made.add(folder)

    def read(self, sha256: str) -> bytes:
        """Return a photo's bytes.

        Raises:
            FileNotFoundError: the store does not have it.
        """
        path = self._path(sha256)
        data: bytes = Path(path).read_bytes() if self._is_local else self._filesystem.cat_file(path)
        return data

    def remove(self, sha256: str) -> bool:
        """Remove a photo's bytes for good; tell whether they were there."""
        if sha256 not in self:
            return False
        self._filesystem.rm_file(self._path(sha256))
        return True

    def __contains__(self, sha256: str) -> bool:
        return bool(self._filesystem.exists(self._path(sha256)))

    def lost(self, sha256s: Sequence[str]) -> list[str]:
        """Return which of some files the store does not have, in their order."""
        if self._is_local:
            return [sha256 for sha256 in sha256s if sha256 not in self]
        # Each question takes a store some hundredths of a second.
        with ThreadPoolExecutor(_QUESTIONS_AT_ONCE, thread_name_prefix="lost") as threads:
            there = list(threads.map(self.__contains__, sha256s))
        return [sha256 for sha256, is_there in zip(sha256s, there, strict=True) if not is_there]

    def __iter__(self) -> Iterator[str]:
        if self._filesystem.exists(self._root):
            for path in self._filesystem.find(self._root):
                name = path.rpartition("/")[2]
                if name != _PROBE:
                    yield name

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"


def _move(file: Path, target: str) -> None:
    try:
        os.replace(file, target)  # noqa: PTH105 - half the cost of pathlib's, once a photo
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_beside(file, Path(target))
        file.unlink()


def _copy_beside(file: Path, target: Path) -> None:
    """Copy to a store on another disk under a name that is nobody's, then rename."""
    beside = target.with_name(f".{target.name}-{os.getpid()}-{threading.get_native_id()}")
    try:
        shutil.copyfile(file, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
