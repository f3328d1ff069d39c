"""A universe made of a folder of photos: one sub-folder a keyword."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from menagerie.errors import CallError
from menagerie.sandbox.hashing import Draws, word
from menagerie.sandbox.records import Listing, Owner, Photo, listing_of
from menagerie.sandbox.sizes import Dimensions
from menagerie.sandbox.traits import (
    FIRST_UPLOAD,
    LAST_UPLOAD,
    invent_owner,
    invent_photo,
    licenses,
    owner_rank,
    pool_size,
    taken_dates,
)

_SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".gif": "gif", ".webp": "webp"}
_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})
_UNREADABLE_DIMENSIONS = (640, 480)  # what Flickr knew of a file before it was damaged
_UNIVERSE = "folder"

UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises on files that are no pictures, damaged, or larger than is safe."""


class FilePicture:
    """A photo in a file; nothing is read before it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def key(self) -> str:
        """Name under which renditions are cached: another file or content, another name."""
        stat = self._path.stat()
        return f"{self._path.absolute()}/{stat.st_size}/{stat.st_mtime_ns}"

    @cached_property
    def _header(self) -> tuple[Dimensions, bool]:
        try:
            with Image.open(self._path) as image:
                return image.size, image.getexif().get(_ORIENTATION) in _TURNED
        except UNREADABLE:
            return _UNREADABLE_DIMENSIONS, False

    @property
    def dimensions(self) -> Dimensions:
        """Width and height of the upright picture."""
        (width, height), turned = self._header
        return (height, width) if turned else (width, height)

    @property
    def original_dimensions(self) -> Dimensions:
        """Width and height as the file's header says."""
        return self._header[0]

    def image(self) -> Image.Image | None:
        """Decode the picture, upright and in RGB; None where that cannot be done."""
        try:
            with Image.open(self._path) as image:
                return ImageOps.exif_transpose(image).convert("RGB")
        except UNREADABLE:
            return None

    def source(self) -> bytes:
        """Read the file."""
        return self._path.read_bytes()


class FolderUniverse:
    """The photos of a folder, with made-up owners, dates and licences where none are given."""

    def __init__(self, photos: Mapping[str, Sequence[Photo]]) -> None:
        # 1.jpg and 1.png are one photo to Flickr: the first counts.
        distinct = {
            keyword: {int(photo.id): photo for photo in reversed(found)}
            for keyword, found in photos.items()
        }
        self._by_id = {i: photo for found in distinct.values() for i, photo in found.items()}
        self._listings = {
            keyword: listing_of(list(found.values())) for keyword, found in distinct.items()
        }
        self._counts = {keyword: len(found) for keyword, found in distinct.items()}

    @property
    def keywords(self) -> tuple[str, ...]:
        """The names of the sub-folders."""
        return tuple(self._counts)

    def count(self, keyword: str) -> int:
        """Return how many photos a keyword has."""
        return self._counts.get(keyword, 0)

    def listing(self, keyword: str) -> Listing:
        """Return the public photos of a keyword."""
        return self._listings[keyword]

    def photos(self, ids: Sequence[int]) -> list[Photo | None]:
        """Return the photos of `ids`, None for an id that nobody has."""
        return [self._by_id.get(photo_id) for photo_id in ids]


def folder_universe(photos: Path) -> FolderUniverse:
    """Return the universe of a folder with one sub-folder of photos a keyword.

    `photos.csv` in the folder, where there is one, overrides what is made up.

    Raises:
        CallError: there is no such folder, no photo in any sub-folder, or a bad `photos.csv`.
    """
    if not photos.is_dir():
        raise CallError(f"The photos must be in a folder that exists (received {photos}).")
    files = {keyword: found for keyword, found in _files_by_keyword(photos) if found}
    if not files:
        raise CallError(
            f"The folder must hold one sub-folder of photos ({', '.join(_SUFFIXES)}) for each"
            f" keyword (received {photos}, where none has any)."
        )
    said = _read_csv(photos / "photos.csv")
    pool = pool_size(sum(map(len, files.values())))
    return FolderUniverse(
        {
            keyword: [_photo(keyword, path, pool, said) for path in found]
            for keyword, found in files.items()
        }
    )


def _files_by_keyword(photos: Path) -> Iterator[tuple[str, list[Path]]]:
    for folder in sorted(path for path in photos.iterdir() if path.is_dir()):
        yield (
            folder.name.casefold(),
            sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES),
        )


def _photo_id(keyword: str, path: Path) -> int:
    stem = path.stem
    if stem.isascii() and stem.isdigit() and 0 < len(stem) < 19:
        return int(stem)
    return 10_000_000_000 + word(keyword, path.name) % 90_000_000_000


def _photo(keyword: str, path: Path, pool: int, said: Mapping[str, Mapping[str, str]]) -> Photo:
    photo_id = _photo_id(keyword, path)
    draws = Draws(f"{_UNIVERSE}/{photo_id}")
    words = np.array([word(draws.key)], np.uint64)
    uploaded = np.array([FIRST_UPLOAD + draws.below("uploaded", LAST_UPLOAD - FIRST_UPLOAD)])
    photo = invent_photo(
        Draws(f"photo/{photo_id}"),
        photo_id,
        keyword,
        _owner(owner_rank(draws, pool)),
        FilePicture(path),
        uploaded=int(uploaded[0]),
        taken=int(taken_dates(words, uploaded)[0]),
        license_number=int(licenses(words)[0]),
        original_format=_SUFFIXES[path.suffix.lower()],
        video=draws.below("video", 200) == 0,
        gone=draws.below("gone", 100) == 0,
    )
    row = said.get(photo.id)
    return photo if row is None else _corrected(photo, row)


def _owner(rank: int) -> Owner:
    return invent_owner(Draws(f"owner/{_UNIVERSE}/{rank}"), rank)


def _corrected(photo: Photo, row: Mapping[str, str]) -> Photo:
    """Return the photo as a row of `photos.csv` describes it; empty fields say nothing."""
    nsid, name = row.get("owner"), row.get("owner_name")
    owner = photo.owner
    if nsid and nsid != owner.nsid:
        owner = Owner(nsid, name or nsid, None, None)
    elif name:
        owner = replace(owner, name=name)
    tags = row.get("tags")
    try:
        return replace(
            photo,
            owner=owner,
            title=row.get("title") or photo.title,
            license=int(row.get("license") or photo.license),
            uploaded=int(row.get("uploaded") or photo.uploaded),
            taken=int(row.get("taken") or photo.taken),
            tags=tuple(tags.split()) if tags else photo.tags,
            gone=_flag(row.get("gone"), photo.gone),
            private=_flag(row.get("private"), photo.private),
        )
    except ValueError as error:
        raise CallError(
            f"photos.csv must hold numbers in license, uploaded and taken: {error}"
            f" (received the row of photo {photo.id})."
        ) from None


def _flag(text: str | None, unsaid: bool) -> bool:
    return text.strip().casefold() in {"1", "true", "yes"} if text else unsaid


def _read_csv(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                {key: text for key, text in row.items() if key and isinstance(text, str)}
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CallError(
            f"photos.csv must be a readable CSV file: {error} (received {path})."
        ) from None
    if any("photo_id" not in row for row in rows):
        raise CallError(f"photos.csv must have a column photo_id (received {path}).")
    return {row["photo_id"].strip(): row for row in rows}
