"""One photo as a row of search results. A page has 500 of them: this is the sandbox's hot path."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from menagerie.sandbox.hashing import Draws
from menagerie.sandbox.records import Photo
from menagerie.sandbox.sizes import LARGE_SIZES_SINCE, Dimensions, Size, renditions
from menagerie.sandbox.traits import mysql_date

Document = dict[str, Any]


@lru_cache(maxsize=64)
def parse_extras(text: str) -> frozenset[str]:
    """Parse `extras`; a crawler's pages all ask for the same, and share one set."""
    return frozenset(extra.strip() for extra in text.split(","))


def photo_renditions(photo: Photo) -> tuple[tuple[Size, Dimensions], ...]:
    """Return the renditions that Flickr has made of a photo."""
    return renditions(photo.picture.dimensions, photo.uploaded >= LARGE_SIZES_SINCE)


def original_is_offered(photo: Photo) -> bool:
    """Tell whether others may have the original: always, where there is nothing else."""
    return photo.original_offered or not photo_renditions(photo)


def media_of(photo: Photo) -> str:
    """Return what Flickr calls a photo's medium."""
    return "video" if photo.video else "photo"


def secret_of(photo: Photo, size: Size) -> str:
    """Return the secret in the URL of a rendition."""
    if size.own_secret:
        return Draws(f"photo/{photo.id}").hexadecimal(f"secret {size.extra}", 10)
    return photo.secret


def photo_url(base_url: str, photo: Photo, secret: str, ending: str) -> str:
    """Return the address of one of a photo's files."""
    return f"{base_url}/{photo.server}/{photo.id}_{secret}{ending}"


def original_url(base_url: str, photo: Photo) -> str:
    """Return the address of a photo's original."""
    return photo_url(base_url, photo, photo.original_secret, f"_o.{photo.original_format}")


def row(photo: Photo, extras: frozenset[str], base_url: str) -> Document:
    """Write a photo as a row of search results, with the extras that were asked for.

    {"id":"9863317834","owner":"47538938@N08","secret":"292db962a4","server":"2826","farm":3,
     "title":"…","ispublic":1,"isfriend":0,"isfamily":0,"views":"5572","media":"photo",
     "url_sq":"https://…_s.jpg","height_sq":75,"width_sq":75,…,"pathalias":"tncountryfan"}
    """
    document: Document = {
        "id": photo.id,
        "owner": photo.owner.nsid,
        "secret": photo.secret,
        "server": photo.server,
        "farm": photo.farm,
        "title": photo.title,
        "ispublic": 1,
        "isfriend": 0,
        "isfamily": 0,
    }
    for write in _writers(extras):
        write(document, photo)
    _add_urls(document, photo, extras, base_url)
    if "path_alias" in extras:
        alias = photo.owner.path_alias
        document["pathalias"] = "" if alias is None and photo.oddities.below("alias", 2) else alias
    return document


Writer = Callable[[Document, Photo], None]


def _license(document: Document, photo: Photo) -> None:
    document["license"] = str(photo.license)


def _date_upload(document: Document, photo: Photo) -> None:
    document["dateupload"] = str(photo.uploaded)


def _date_taken(document: Document, photo: Photo) -> None:
    document["datetaken"] = mysql_date(photo.taken)
    # Flickr's numbers are strings in some rows and numbers in others.
    document["datetakengranularity"] = 0 if photo.oddities.below("types", 2) else "0"
    document["datetakenunknown"] = "1" if photo.taken_unknown else "0"


def _owner_name(document: Document, photo: Photo) -> None:
    document["ownername"] = photo.owner.name


def _real_name(document: Document, photo: Photo) -> None:
    if photo.owner.real_name is not None:
        document["realname"] = photo.owner.real_name


def _views(document: Document, photo: Photo) -> None:
    document["views"] = str(photo.views)


def _tags(document: Document, photo: Photo) -> None:
    document["tags"] = " ".join(photo.tags)


def _media(document: Document, photo: Photo) -> None:
    document["media"] = media_of(photo)
    document["media_status"] = "ready"


def _original_format(document: Document, photo: Photo) -> None:
    if original_is_offered(photo):
        document["originalsecret"] = photo.original_secret
        document["originalformat"] = photo.original_format


def _original_dimensions(document: Document, photo: Photo) -> None:
    width, height = photo.picture.original_dimensions
    document["o_width"], document["o_height"] = str(width), str(height)


# In the order in which Flickr writes them.
_WRITERS: dict[str, Writer] = {
    "license": _license,
    "date_upload": _date_upload,
    "date_taken": _date_taken,
    "owner_name": _owner_name,
    "realname": _real_name,
    "views": _views,
    "tags": _tags,
    "media": _media,
    "original_format": _original_format,
    "o_dims": _original_dimensions,
}


@lru_cache(maxsize=64)
def _writers(extras: frozenset[str]) -> tuple[Writer, ...]:
    return tuple(write for extra, write in _WRITERS.items() if extra in extras)


class _Link(NamedTuple):
    """One rendition in a row: its fields' names, and what all photos of one shape share."""

    size: Size
    ending: str
    url_field: str
    height_field: str
    height: int | str
    width_field: str
    width: int | str


@lru_cache(maxsize=8_192)
def _links(
    source: Dimensions, has_large: bool, extras: frozenset[str], as_text: bool
) -> tuple[_Link, ...]:
    loose = str if as_text else int
    return tuple(
        _Link(
            size, f"{size.suffix}.jpg", f"url_{size.extra}",
            f"height_{size.extra}", loose(height), f"width_{size.extra}", loose(width),
        )
        for size, (width, height) in renditions(source, has_large)
        if f"url_{size.extra}" in extras
    )  # fmt: skip


def _add_urls(document: Document, photo: Photo, extras: frozenset[str], base_url: str) -> None:
    as_text = photo.oddities.below("edges", 4) == 0
    prefix, secret = f"{base_url}/{photo.server}/{photo.id}_", photo.secret
    links = _links(photo.picture.dimensions, photo.uploaded >= LARGE_SIZES_SINCE, extras, as_text)
    for size, ending, url_field, height_field, height, width_field, width in links:
        own = secret_of(photo, size) if size.own_secret else secret
        document[url_field] = f"{prefix}{own}{ending}"
        document[height_field] = height
        document[width_field] = width
    if "url_o" in extras and original_is_offered(photo):
        width, height = photo.picture.original_dimensions
        document["url_o"] = original_url(base_url, photo)
        document["height_o"] = str(height) if as_text else height
        document["width_o"] = str(width) if as_text else width
