"""Flickr's answers as documents in the shape of its JSON; the rows of a search are in `rows`."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from menagerie.licenses import LICENSES
from menagerie.sandbox.hashing import word
from menagerie.sandbox.query import Page
from menagerie.sandbox.records import Photo
from menagerie.sandbox.rows import (
    Document,
    media_of,
    original_is_offered,
    original_url,
    photo_renditions,
    photo_url,
    secret_of,
)
from menagerie.sandbox.traits import mysql_date

_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)

# The order in which Flickr lists them.
_LICENSE_ORDER = (0, 4, 6, 3, 2, 1, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)


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
            "media": media_of(photo),
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
            "urls": {"url": [{"type": "photopage", "_content": page_url(photo)}]},
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


def page_url(photo: Photo) -> str:
    """Return the address of a photo's page on Flickr."""
    return f"https://www.flickr.com/photos/{quote(photo.owner.nsid)}/{photo.id}/"


def photo_sizes(photo: Photo, base_url: str) -> Document:
    """Write what `flickr.photos.getSizes` tells about a photo."""
    listed = [
        (size.label, size.page, dimensions,
         photo_url(base_url, photo, secret_of(photo, size), f"{size.suffix}.jpg"))
        for size, dimensions in photo_renditions(photo)
    ]  # fmt: skip
    offered = original_is_offered(photo)
    if offered:
        dimensions = photo.picture.original_dimensions
        listed.append(("Original", "o", dimensions, original_url(base_url, photo)))
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
                    "url": f"{page_url(photo)}sizes/{page}/",
                    "media": media_of(photo),
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
