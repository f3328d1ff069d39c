"""Openverse's image search, as api.openverse.org serves it to those without an account."""

import json
from collections.abc import Mapping
from uuid import UUID

from menagerie.licenses import LICENSES, License
from menagerie.sandbox.documents import page_url
from menagerie.sandbox.hashing import word
from menagerie.sandbox.photo_host import Reply
from menagerie.sandbox.query import Page, Query
from menagerie.sandbox.records import Photo
from menagerie.sandbox.rows import (
    Document,
    original_is_offered,
    original_url,
    photo_renditions,
    photo_url,
    secret_of,
)
from menagerie.sandbox.search import Search
from menagerie.sandbox.sizes import Dimensions
from menagerie.sandbox.traits import mysql_date
from menagerie.sandbox.world import World

PATH = "/v1/images"

MOST_A_PAGE = 20
DEEPEST = 240
"""So many results of a query exist for those without an account."""

_MOST_COUNTED = 10_000
_JSON = "application/json"
_INDEXED_AFTER_SECONDS = 5_000_000  # Openverse learns of photos months after their upload

# Flickr's licences that Openverse asks Flickr for: neither 7 and 8, nor the newer 11 to 16.
_SLUGS = {
    1: ("by-nc-sa", "2.0"), 2: ("by-nc", "2.0"), 3: ("by-nc-nd", "2.0"), 4: ("by", "2.0"),
    5: ("by-sa", "2.0"), 6: ("by-nd", "2.0"), 9: ("cc0", "1.0"), 10: ("pdm", "1.0"),
}  # fmt: skip
_OF_TYPE = {
    "all": frozenset({slug for slug, _ in _SLUGS.values()}),
    "all-cc": frozenset({slug for slug, _ in _SLUGS.values()}) - {"pdm"},
    "commercial": frozenset({"by", "by-sa", "by-nd", "cc0", "pdm"}),
    "modification": frozenset({"by", "by-sa", "by-nc", "by-nc-sa", "cc0", "pdm"}),
}
_LICENSES: dict[int, License] = {
    license.flickr_id: license for license in LICENSES if license.flickr_id is not None
}


class RefusedError(Exception):
    """An answer with a `detail` of what is wrong; never leaves the sandbox as an exception."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Openverse:
    """The photos of a world that Openverse knows: free ones, by keyword."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._search = Search(world)

    def answer(self, parameters: Mapping[str, str], base_url: str) -> Reply:
        """Answer a search; `base_url` is where the photos of the answer are to be fetched."""
        try:
            document, status = self._found(parameters, base_url), 200
        except RefusedError as error:
            document, status = {"detail": error.detail}, error.status
        return Reply(status, json.dumps(document).encode(), _JSON)

    def _found(self, parameters: Mapping[str, str], base_url: str) -> Document:
        page, slugs = _page(parameters), _slugs(parameters)
        numbers = frozenset(number for number, (slug, _) in _SLUGS.items() if slug in slugs)
        found = self._search.find(
            Query(
                text=parameters.get("q", "").strip().casefold(),
                licenses=numbers,
                media="photos",
                photographs=_has_flickr(parameters),
                sort="relevance",
            )
        )
        start = (page.number - 1) * page.length
        ids = found.ids[start : start + page.length].tolist()
        reachable = min(found.total, DEEPEST)
        return {
            "result_count": min(found.total, _MOST_COUNTED),
            "page_count": -(-reachable // page.length),
            "page_size": page.length,
            "page": page.number,
            "results": [_result(photo, base_url) for photo in self._world.photos(ids) if photo],
        }


def throttled(wait_seconds: int) -> Reply:
    """Answer one request too many."""
    detail = f"Request was throttled. Expected available in {wait_seconds} seconds."
    return Reply(429, json.dumps({"detail": detail}).encode(), _JSON)


def _page(parameters: Mapping[str, str]) -> Page:
    number = _whole(parameters, "page", 1)
    length = _whole(parameters, "page_size", MOST_A_PAGE)
    if length > MOST_A_PAGE:
        raise RefusedError(
            401, f"Anonymous requests can have at most {MOST_A_PAGE} results a page."
        )
    if number * length > DEEPEST:
        raise RefusedError(
            401, f"Anonymous requests can see at most {DEEPEST} results of a search."
        )
    return Page(number, length)


def _whole(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10):
        raise RefusedError(400, {name: ["A valid integer of at least 1 is required."]})
    return int(text)


def _slugs(parameters: Mapping[str, str]) -> frozenset[str]:
    slugs = _OF_TYPE["all"]
    asked = _listed(parameters, "license")
    if unknown := asked - slugs:
        told = f"License '{min(unknown)}' does not exist."
        raise RefusedError(400, {"license": [told]})
    kinds = _listed(parameters, "license_type")
    if unknown := kinds - _OF_TYPE.keys():
        told = f"License type '{min(unknown)}' does not exist."
        raise RefusedError(400, {"license_type": [told]})
    for kind in kinds:
        slugs &= _OF_TYPE[kind]
    return slugs & asked if asked else slugs


def _listed(parameters: Mapping[str, str], name: str) -> frozenset[str]:
    texts = (text.strip().casefold() for text in parameters.get(name, "").split(","))
    return frozenset(text for text in texts if text)


def _has_flickr(parameters: Mapping[str, str]) -> bool:
    """Tell whether Flickr's JPEGs are among what is asked for: there is nothing else."""
    sources, extensions = _listed(parameters, "source"), _listed(parameters, "extension")
    return (not sources or "flickr" in sources) and (not extensions or "jpg" in extensions)


def _result(photo: Photo, base_url: str) -> Document:
    slug, version = _SLUGS[photo.license]
    license = _LICENSES[photo.license]
    number = word("openverse", photo.id) << 64 | word("openverse image", photo.id)
    uuid = UUID(int=number, version=4)
    detail_url = f"{base_url}{PATH}/{uuid}/"
    url, (width, height) = _file(photo, base_url)
    return {
        "id": str(uuid),
        "title": photo.title or None,
        "indexed_on": mysql_date(photo.uploaded + _INDEXED_AFTER_SECONDS).replace(" ", "T") + "Z",
        "foreign_landing_url": page_url(photo).rstrip("/"),
        "url": url,
        "creator": photo.owner.name,
        "creator_url": page_url(photo).removesuffix(f"{photo.id}/").rstrip("/"),
        "license": slug,
        "license_version": version,
        "license_url": license.url,
        "provider": "flickr",
        "source": "flickr",
        "category": "photograph",
        "filesize": None,
        "filetype": "jpg",
        "tags": [
            {"name": tag, "accuracy": None, "unstable__provider": "flickr"} for tag in photo.tags
        ],
        "attribution": f'"{photo.title}" by {photo.owner.name} is licensed under {license.name}.'
        f" To view a copy of this license, visit {license.url}.",
        "fields_matched": ["tags.name"],
        "mature": False,
        "height": height,
        "width": width,
        "thumbnail": f"{detail_url}thumb/",
        "detail_url": detail_url,
        "related_url": f"{detail_url}related/",
        "unstable__sensitivity": [],
    }


def _file(photo: Photo, base_url: str) -> tuple[str, Dimensions]:
    """Return the address and dimensions of the rendition of 1024 px, or the next best file."""
    uncropped = [
        (size, edges)
        for size, edges in photo_renditions(photo)
        if not size.square and size.edge_px <= 1024
    ]
    if uncropped:
        size, edges = uncropped[-1]
        secret = secret_of(photo, size)
        return photo_url(base_url, photo, secret, f"{size.suffix}.jpg"), edges
    if original_is_offered(photo):
        return original_url(base_url, photo), photo.picture.original_dimensions
    size, edges = photo_renditions(photo)[-1]
    return photo_url(base_url, photo, photo.secret, f"{size.suffix}.jpg"), edges
