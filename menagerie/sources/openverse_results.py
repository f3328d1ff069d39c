"""What Openverse's answers mean: photos of Flickr, with their licences and files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from menagerie.errors import ParseError
from menagerie.licenses import License, by_id
from menagerie.photos.row import PhotoRow, Rendition

# Ends of Flickr's file names and the longest edge that they stand for, largest first. The 800 px
# of `_c` are left out: uploads before March 2012 do not have them, and Openverse tells no dates.
_SIZES = {
    "_b": ("l", 1024),
    "_z": ("z", 640),
    "": ("m", 500),
    "_w": ("w", 400),
    "_n": ("n", 320),
    "_m": ("s", 240),
    "_t": ("t", 100),
}
_FILE = re.compile(r"(?P<stem>.+/\d+_[0-9a-f]+)(?P<suffix>_[a-z0-9]{1,2})?\.jpg")


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results: how many there are in all, on how many pages, and the photos."""

    total: int
    pages: int
    rows: tuple[PhotoRow, ...]


# An answer for q=crow, source=flickr, shortened; `width` and `height` are those of `url`, which
# is the largest of Flickr's 1024, 500 and 240 px:
#   {"result_count": 10000, "page_count": 12, "page_size": 20, "page": 1, "results": [
#     {"id": "5c6b0b21-…", "title": "Crow",
#      "foreign_landing_url": "https://www.flickr.com/photos/12345678@N00/31193961378",
#      "url": "https://live.staticflickr.com/1943/31193961378_64a3cbe9f8_b.jpg",
#      "creator": "Ann", "creator_url": "https://www.flickr.com/photos/12345678@N00",
#      "license": "by-sa", "license_version": "2.0", "source": "flickr",
#      "tags": [{"name": "crow", "accuracy": null}], "height": 683, "width": 1024, …}]}


def parse_results(document: Any) -> Results:
    """Parse the JSON of an image search; results that are no photos of Flickr are left out.

    Raises:
        ParseError: it is no such document.
    """
    page = _mapping(document)
    found = page.get("results")
    if not isinstance(found, list):
        raise ParseError(f"there is no list of results (received {found!r:.80}).")
    rows = [_row(_mapping(result)) for result in found]
    return Results(
        total=_whole(page.get("result_count")),
        pages=_whole(page.get("page_count")),
        rows=tuple(row for row in rows if row is not None),
    )


def _row(result: Mapping[str, Any]) -> PhotoRow | None:
    page_url = _text(result, "foreign_landing_url").rstrip("/")
    photo_id = page_url.rpartition("/")[2]
    if not (photo_id.isascii() and photo_id.isdigit()) or _text(result, "source") != "flickr":
        return None
    tags = result.get("tags")
    names = [_text(_mapping(tag), "name") for tag in tags] if isinstance(tags, list) else []
    return PhotoRow(
        photo_id=photo_id,
        owner=_owner(_text(result, "creator_url")),
        owner_name=_text(result, "creator"),
        title=_text(result, "title"),
        license=license_of(_text(result, "license"), _text(result, "license_version")).id,
        tags=" ".join("".join(name.split()) for name in names),
        media="photo",
        uploaded_at=0,
        taken_at="",
        page_url=page_url,
        renditions=renditions_of(
            _text(result, "url"), _whole(result.get("width")), _whole(result.get("height"))
        ),
    )


def _owner(creator_url: str) -> str:
    return unquote(urlsplit(creator_url).path.rstrip("/").rpartition("/")[2])


def license_of(name: str, version: str) -> License:
    """Return the licence that Openverse calls `by-sa`, `cc0`, `pdm`, in some version."""
    if name == "pdm":
        return by_id("public-domain-mark")
    return by_id(f"{name}-{version}" if name == "cc0" else f"cc-{name}-{version}")


def name_of(license: License) -> str | None:
    """Return what Openverse calls a licence; None for one that it does not have."""
    if license.id == "public-domain-mark":
        return "pdm"
    found = re.fullmatch(r"(?:cc-(by[a-z-]*)|(cc0))-[\d.]+", license.id)
    return (found[1] or found[2]) if found else None


def renditions_of(url: str, width: int, height: int) -> tuple[Rendition, ...]:
    """Return the file that Openverse names, and Flickr's smaller ones of the same photo.

    Files larger than 1024 px, and the original, have secrets of their own: they stand alone.
    """
    if not url:
        return ()
    file = _FILE.fullmatch(url)
    suffix = (file["suffix"] or "") if file else ""
    longest = max(width, height)
    if file is None or suffix not in _SIZES or not longest:
        return (Rendition("o" if suffix == "_o" else "url", url, width, height),)
    edge = min(longest, _SIZES[suffix][1])
    return tuple(
        Rendition(
            name,
            f"{file['stem']}{end}.jpg",
            max(1, round(width * min(own, edge) / longest)),
            max(1, round(height * min(own, edge) / longest)),
        )
        for end, (name, own) in _SIZES.items()
        if own < edge or end == suffix
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParseError(f"{value!r:.80} is no object.")
    return value


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ParseError(f"{key} is {value!r:.80}.")
    # No database keeps zero characters, or halves of characters.
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def _whole(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**12:
        raise ParseError(f"{value!r:.80} is no number.")
    return value
