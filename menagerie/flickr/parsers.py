"""Flickr's answers as records. Nothing here knows HTTP; anything unforeseen is a ParseError."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from menagerie.errors import ParseError
from menagerie.licenses import from_flickr
from menagerie.photos.row import PhotoRow, Rendition


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search; `total` is Flickr's estimate, which wobbles."""

    total: int
    pages: int
    rows: tuple[PhotoRow, ...]


RENDITIONS = ["sq", "q", "t", "s", "n", "w", "m", "z", "c", "l", "h", "k", "3k", "o"]
EXTRAS = ",".join(
    ["license", "owner_name", "date_upload", "date_taken", "tags", "media", "path_alias"]
    + [f"url_{name}" for name in RENDITIONS]
)

# {"photos":{"page":1,"pages":2,"perpage":25,"total":"50","photo":[
#   {"id":"31193961378","owner":"76645795@N05","secret":"64a3cbe9f8","server":"1943","farm":2,
#    "title":"Simply white flower in green...","ispublic":1,"isfriend":0,"isfamily":0,
#    "license":"4","dateupload":"1540000000","datetaken":"2018-10-20 10:11:12",
#    "ownername":"somebody","tags":"flower white","media":"photo","media_status":"ready",
#    "url_q":"https://live.staticflickr.com/1943/31193961378_64a3cbe9f8_q.jpg",
#    "height_q":150,"width_q":"150", ...}]},"stat":"ok"}


def parse_search(document: Any) -> SearchPage:
    """Parse the JSON of flickr.photos.search.

    Raises:
        ParseError: it is not such a document.
    """
    page = _mapping(_mapping(document, "the answer").get("photos"), "photos")
    rows = page.get("photo")
    if not isinstance(rows, list):
        raise ParseError(f"Flickr's search has no list of photos (received {rows!r:.80}).")
    return SearchPage(
        total=_whole(page.get("total"), "total"),
        pages=_whole(page.get("pages"), "pages"),
        rows=tuple(_row(_mapping(row, "a photo")) for row in rows),
    )


def _row(row: Mapping[str, Any]) -> PhotoRow:
    photo_id, owner = _text(row, "id"), _text(row, "owner")
    if not photo_id.isascii() or not photo_id.isdigit() or not owner:
        raise ParseError(f"A photo has no usable id or owner (received {photo_id!r:.40}).")
    return PhotoRow(
        photo_id=photo_id,
        owner=owner,
        owner_name=_text(row, "ownername"),
        title=_text(row, "title"),
        license=from_flickr(row.get("license")).id,
        tags=_text(row, "tags"),
        media=_text(row, "media") or "photo",
        uploaded_at=_whole(row.get("dateupload", 0), "dateupload"),
        taken_at=_text(row, "datetaken")[:20],
        page_url=f"https://www.flickr.com/photos/{owner}/{photo_id}",
        renditions=tuple(_renditions(row)),
    )


def _renditions(row: Mapping[str, Any]) -> list[Rendition]:
    found = []
    for name in RENDITIONS:
        url = row.get(f"url_{name}")
        if isinstance(url, str) and url:
            width = _whole(row.get(f"width_{name}", 0), "width")
            height = _whole(row.get(f"height_{name}", 0), "height")
            found.append(Rendition(name, url, width, height))
    return found


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParseError(f"Flickr's answer is not as documented: {what} is {value!r:.80}.")
    return value


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    # getInfo wraps texts as {"_content": ...}; search does not, but has done so.
    if isinstance(value, Mapping):
        value = value.get("_content")
    if value is None:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).replace("\x00", "")
    raise ParseError(f"Flickr's answer is not as documented: {key} is {value!r:.80}.")


def _whole(value: Any, what: str) -> int:
    # Numbers come as strings or as numbers, and nobody says which.
    text = str(value).strip()
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ParseError(f"Flickr's answer is not as documented: {what} is {value!r:.80}.")
    return int(text)


@dataclass(frozen=True, slots=True)
class LicenseName:
    """What Flickr calls the licence of a number, and where its text stands ("" for nowhere)."""

    number: int
    name: str
    url: str


# {"licenses":{"license":[{"id":"0","name":"All Rights Reserved","url":"https://..."},
#   {"id":"4","name":"CC BY 2.0","url":"https:\/\/creativecommons.org\/licenses\/by\/2.0\/"},
#   ...]},"stat":"ok"}


def parse_licenses(document: Any) -> tuple[LicenseName, ...]:
    """Parse the JSON of flickr.photos.licenses.getInfo.

    Raises:
        ParseError: it is not such a document.
    """
    table = _mapping(_mapping(document, "the answer").get("licenses"), "licenses")
    names = [_license_name(_mapping(row, "a licence")) for row in _list(table, "license")]
    if not names:
        raise ParseError("Flickr's table of licences is empty.")
    return tuple(names)


def _license_name(row: Mapping[str, Any]) -> LicenseName:
    number, name, url = _whole(row.get("id"), "id"), _text(row, "name"), _text(row, "url")
    # It becomes a link on pages, and is where code could hide.
    return LicenseName(number, name, url if url.startswith(("https://", "http://")) else "")


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What Flickr tells of one photo now; `license` is a readable id, tags are as in a search."""

    photo_id: str
    owner: str
    owner_name: str
    title: str
    license: str
    tags: str
    media: str


# {"photo":{"id":"24379963431","secret":"027546fe5d","server":"1516","farm":2,
#    "dateuploaded":"1453135407","license":"0","media":"photo",
#    "owner":{"nsid":"139259445@N07","username":"kenichi.fukuma", ...},
#    "title":{"_content":"P1650469.jpg"},
#    "tags":{"tag":[{"id":"...","raw":"Flower\/Green","_content":"flowergreen"}, ...]},
#    ...},"stat":"ok"}


def parse_photo_info(document: Any) -> PhotoInfo:
    """Parse the JSON of flickr.photos.getInfo.

    Raises:
        ParseError: it is not such a document.
    """
    photo = _mapping(_mapping(document, "the answer").get("photo"), "photo")
    owner = _mapping(photo.get("owner"), "owner")
    photo_id, nsid = _text(photo, "id"), _text(owner, "nsid")
    if not photo_id.isascii() or not photo_id.isdigit() or not nsid:
        raise ParseError(f"A photo has no usable id or owner (received {photo_id!r:.40}).")
    tags = _mapping(photo.get("tags", {}), "tags")
    # A tag of nothing but punctuation comes without its content.
    words = [_text(_mapping(tag, "a tag"), "_content") for tag in _list(tags, "tag")]
    return PhotoInfo(
        photo_id=photo_id,
        owner=nsid,
        owner_name=_text(owner, "username"),
        title=_text(photo, "title"),
        license=from_flickr(photo.get("license")).id,
        tags=" ".join(word for word in words if word),
        media=_text(photo, "media") or "photo",
    )


# The names that searches give the files of a photo, by those that getSizes gives them.
_LABELS = {
    "Square": "sq",
    "Large Square": "q",
    "Thumbnail": "t",
    "Small": "s",
    "Small 320": "n",
    "Small 400": "w",
    "Medium": "m",
    "Medium 640": "z",
    "Medium 800": "c",
    "Large": "l",
    "Large 1600": "h",
    "Large 2048": "k",
    "X-Large 3K": "3k",
    "Original": "o",
}

# {"sizes":{"canblog":0,"canprint":0,"candownload":1,"size":[
#   {"label":"Square","width":75,"height":75,"media":"photo",
#    "source":"https:\/\/live.staticflickr.com\/1943\/31193961378_64a3cbe9f8_s.jpg",
#    "url":"https:\/\/www.flickr.com\/photos\/..."}, ...]},"stat":"ok"}


def parse_sizes(document: Any) -> tuple[Rendition, ...]:
    """Parse the JSON of flickr.photos.getSizes; files of videos and of unknown sizes are left out.

    Raises:
        ParseError: it is not such a document.
    """
    sizes = _mapping(_mapping(document, "the answer").get("sizes"), "sizes")
    found = []
    for each in _list(sizes, "size"):
        size = _mapping(each, "a size")
        name, url = _LABELS.get(_text(size, "label")), _text(size, "source")
        if name and url and _text(size, "media") in {"", "photo"}:
            width, height = (_whole(size.get(side, 0), side) for side in ("width", "height"))
            found.append(Rendition(name, url, width, height))
    return tuple(found)


def _list(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise ParseError(f"Flickr's answer is not as documented: {key} is {value!r:.80}.")
    return value
