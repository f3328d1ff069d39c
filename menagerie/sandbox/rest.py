"""The REST endpoint: a method and its parameters in, a document in Flickr's formats out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from menagerie.sandbox import documents
from menagerie.sandbox.errors import ApiError
from menagerie.sandbox.formats import Body, write, write_error
from menagerie.sandbox.query import Page, Query, parse_page, parse_query
from menagerie.sandbox.records import Photo
from menagerie.sandbox.rows import Document, parse_extras, row
from menagerie.sandbox.search import CAP, Search, estimated, page_ids
from menagerie.sandbox.world import World

PATH = "/services/rest"

_KEY = re.compile(r"[0-9a-f]{32}")
_REFUSED_KEYS = {"f" * 32: "Key not found", "e" * 32: "Key has expired"}
_FORMATS = ("rest", "json")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `base_url` is where its photos are to be fetched; `quirks` are in `faults`."""

    parameters: Mapping[str, str]
    base_url: str
    quirks: frozenset[str] = frozenset()

    def get(self, name: str, default: str = "") -> str:
        """Return a parameter."""
        return self.parameters.get(name, default)


class Api:
    """Flickr's methods on a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._search = Search(world)
        self._searches = count()
        self._methods: dict[str, Callable[[Call], Document]] = {
            "flickr.photos.search": self._photos_search,
            "flickr.photos.getInfo": lambda call: documents.photo_info(self._visible(call)),
            "flickr.photos.getSizes": lambda call: documents.photo_sizes(
                self._visible(call), call.base_url
            ),
            "flickr.photos.licenses.getInfo": lambda _: documents.licenses_info(),
            "flickr.test.echo": lambda call: documents.echo(call.parameters),
        }

    def answer(self, call: Call) -> Body:
        """Answer a call."""
        try:
            return write(call.parameters, self._answer(call))
        except ApiError as error:
            return write_error(call.parameters, error)

    def _answer(self, call: Call) -> Document:
        if call.get("format", "rest") not in _FORMATS:
            raise ApiError(111, f'Format "{call.get("format")}" not found')
        name = call.get("method")
        if name not in self._methods:
            raise ApiError(112, f'Method "{name}" not found')
        key = call.get("api_key")
        if not _KEY.fullmatch(key):
            raise ApiError(100)
        if key in _REFUSED_KEYS:
            raise ApiError(100, f"Invalid API Key ({_REFUSED_KEYS[key]})")
        return self._methods[name](call)

    def _photos_search(self, call: Call) -> Document:
        query, page = (
            _as_understood(parse_query(call.parameters), call),
            parse_page(call.parameters),
        )
        if "offset" in call.quirks and _starts_beyond_cap(page):
            raise ApiError(20)
        found = self._search.find(query)
        extras = parse_extras(call.get("extras"))
        rows = [
            row(photo, extras, call.base_url)
            for photo in self._world.photos(page_ids(found, page).tolist())
            if photo
        ]
        document = documents.search_page(page, estimated(found.total, next(self._searches)), rows)
        if "int-total" in call.quirks:
            document["photos"]["total"] = int(document["photos"]["total"])
        return document

    def _visible(self, call: Call) -> Photo:
        """Return the photo that is asked for; gone and private ones look alike from outside."""
        photo_id = call.get("photo_id")
        photo = self._world.photo(photo_id)
        if photo is None or photo.gone or photo.private:
            raise ApiError(1, f'Photo "{photo_id}" not found (invalid ID)')
        return photo


def _as_understood(query: Query, call: Call) -> Query:
    """Return the query without what Flickr ignores this time, as if it were misspelt."""
    if "ignored-license" in call.quirks:
        query = replace(query, licenses=None)
    if "ignored-media" in call.quirks:
        query = replace(query, media="all")
    if "ignored-dates" in call.quirks:
        query = replace(query, uploaded=(None, None))
    return query


def _starts_beyond_cap(page: Page) -> bool:
    return (page.number - 1) * page.length >= CAP
