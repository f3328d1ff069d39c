"""Flickr's answers as documents in the shape of its JSON, for one photo or a page of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from menagerie.licenses import LICENSES
from menagerie.sandbox.hashing import Draws, word
from menagerie.sandbox.query import Page
from menagerie.sandbox.records import Photo
from menagerie.sandbox.sizes import SIZES, Dimensions, Size, rendered
from menagerie.sandbox.traits import mysql_date

Document = dict[str, Any]

_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)

# The order in which Flickr lists them.
_LICENSE_ORDER = (0, 4, 6, 3, 2, 1, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)


def original_is_offered(photo: Photo) -> bool:
    """Tell whether others may have the original: always, where there is nothing else."""
    return photo.original_offered or not _renditions(photo)


def secret_of(photo: Photo, size: Size) -> str:
    """Return the secret in the URL of a rendition."""
    if size.own_secret:
        return Draws(f"photo/{photo.id}").hexadecimal(f"secret {size.extra}", 10)
    return photo.secret


def _renditions(photo: Photo) -> list[tuple[Size, Dimensions]]:
    source = photo.picture.dimensions
    sizes = ((size, rendered(size, source, photo.uploaded)) for size in SIZES)
    return [(size, dimensions) for size, dimensions in sizes if dimensions]


def _url(base_url: str, photo: Photo, secret: str, ending: str) -> str:
    return f"{base_url}/{photo.server}/{photo.id}_{secret}{ending}"


def _original_url(base_url: str, photo: Photo) -> str:
    return _url(base_url, photo, photo.original_secret, f"_o.{photo.original_format}")


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
    for extra, fields in _extra_fields(photo).items():
        if extra in extras:
            document.update(fields)
    document.update(_url_fields(photo, extras, base_url))
    if "path_alias" in extras:
        alias = photo.owner.path_alias
        document["pathalias"] = "" if alias is None and word(photo.id, "alias") % 2 else alias
    return document


def _extra_fields(photo: Photo) -> dict[str, Document]:
    width, height = photo.picture.original_dimensions
    real_name = photo.owner.real_name
    # Flickr's numbers are strings in some rows and numbers in others.
    loose = int if word(photo.id, "types") % 2 else str
    return {
        "license": {"license": str(photo.license)},
        "date_upload": {"dateupload": str(photo.uploaded)},
        "date_taken": {
            "datetaken": mysql_date(photo.taken),
            "datetakengranularity": loose(0),
            "datetakenunknown": "1" if photo.taken_unknown else "0",
        },
        "owner_name": {"ownername": photo.owner.name},
        "realname": {} if real_name is None else {"realname": real_name},
        "views": {"views": str(photo.views)},
        "tags": {"tags": " ".join(photo.tags)},
        "media": {"media": _media(photo), "media_status": "ready"},
        "original_format": (
            {"originalsecret": photo.original_secret, "originalformat": photo.original_format}
            if original_is_offered(photo)
            else {}
        ),
        "o_dims": {"o_width": str(width), "o_height": str(height)},
    }


def _media(photo: Photo) -> str:
    return "video" if photo.video else "photo"


def _url_fields(photo: Photo, extras: frozenset[str], base_url: str) -> Document:
    if not any(extra.startswith("url_") for extra in extras):
        return {}
    loose = int if word(photo.id, "edges") % 4 else str
    fields: Document = {}
    for size, (width, height) in _renditions(photo):
        if f"url_{size.extra}" in extras:
            ending = f"{size.suffix}.jpg"
            fields[f"url_{size.extra}"] = _url(base_url, photo, secret_of(photo, size), ending)
            fields[f"height_{size.extra}"] = loose(height)
            fields[f"width_{size.extra}"] = loose(width)
    if "url_o" in extras and original_is_offered(photo):
        width, height = photo.picture.original_dimensions
        fields["url_o"] = _original_url(base_url, photo)
        fields["height_o"] = loose(height)
        fields["width_o"] = loose(width)
    return fields


def search_page(page: Page, total: int, rows: Sequence[Document]) -> Document:
    """Write a page of search results. The total is a string, the other numbers are not."""
    return {
        "photos": {
            "page": page.number,
            "pages": -(-total // page.length),
            "perpage": page.length,
            "total": str(total),
            "photo": list(rows),
        }
    }


def photo_info(photo: Photo) -> Document:
    """Write what `flickr.photos.getInfo` tells about a photo."""
    offered = original_is_offered(photo)
    original = {
        "originalsecret": photo.original_secret,
        "originalformat": photo.original_format,
    }
    return {
        "photo": {
            "id": photo.id,
            "secret": photo.secret,
            "server": photo.server,
            "farm": photo.farm,
            "dateuploaded": str(photo.uploaded),
            "isfavorite": 0,
            "license": str(photo.license),
            "safety_level": "0",
            "rotation": 0,
            **(original if offered else {}),
            "views": str(photo.views),
            "media": _media(photo),
            "owner": _owner(photo),
            "title": {"_content": photo.title},
            "description": {"_content": ""},
            "visibility": {"ispublic": 1, "isfriend": 0, "isfamily": 0},
            "dates": {
                "posted": str(photo.uploaded),
                "taken": mysql_date(photo.taken),
                "takengranularity": "0",
                "takenunknown": "1" if photo.taken_unknown else "0",
                "lastupdate": str(photo.uploaded + 6),
            },
            "editability": {"cancomment": 0, "canaddmeta": 0},
            "publiceditability": {"cancomment": 1, "canaddmeta": 0},
            "usage": {"candownload": int(offered), "canblog": 0, "canprint": 0, "canshare": 1},
            "comments": {"_content": "0"},
            "notes": {"note": []},
            "people": {"haspeople": 0},
            "tags": {"tag": [_tag(photo, tag) for tag in photo.tags]},
            "urls": {"url": [{"type": "photopage", "_content": _page_url(photo)}]},
        }
    }


def _owner(photo: Photo) -> Document:
    owner = photo.owner
    return {
        "nsid": owner.nsid,
        "username": owner.name,
        "realname": owner.real_name or "",
        "location": "",
        "iconserver": "0",
        "iconfarm": 0,
        "path_alias": owner.path_alias,
    }


def _tag(photo: Photo, tag: str) -> Document:
    return {
        "id": f"{word(photo.owner.nsid) % 10**8}-{photo.id}-{word(tag) % 10**6}",
        "author": photo.owner.nsid,
        "authorname": photo.owner.name,
        "raw": tag,
        "_content": tag,
        "machine_tag": 0,
    }


def _page_url(photo: Photo) -> str:
    return f"https://www.flickr.com/photos/{quote(photo.owner.nsid)}/{photo.id}/"


def photo_sizes(photo: Photo, base_url: str) -> Document:
    """Write what `flickr.photos.getSizes` tells about a photo."""
    listed = [
        (size.label, size.page, dimensions,
         _url(base_url, photo, secret_of(photo, size), f"{size.suffix}.jpg"))
        for size, dimensions in _renditions(photo)
    ]  # fmt: skip
    offered = original_is_offered(photo)
    if offered:
        dimensions = photo.picture.original_dimensions
        listed.append(("Original", "o", dimensions, _original_url(base_url, photo)))
    return {
        "sizes": {
            "canblog": 0,
            "canprint": 0,
            "candownload": int(offered),
            "size": [
                {
                    "label": label,
                    "width": dimensions[0],
                    "height": dimensions[1],
                    "source": source,
                    "url": f"{_page_url(photo)}sizes/{page}/",
                    "media": _media(photo),
                }
                for label, page, dimensions, source in listed
            ],
        }
    }


def licenses_info() -> Document:
    """Write Flickr's table of licences."""
    by_number = {license.flickr_id: license for license in LICENSES}
    return {
        "licenses": {
            "license": [
                {"id": str(number), "name": by_number[number].name, "url": by_number[number].url}
                for number in _LICENSE_ORDER
            ]
        }
    }


def echo(parameters: Mapping[str, str]) -> Document:
    """Write the parameters back, those at least whose names can stand in XML."""
    return {name: {"_content": text} for name, text in parameters.items() if _NAME.fullmatch(name)}
