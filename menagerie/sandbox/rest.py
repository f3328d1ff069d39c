"""The REST endpoint: a method and its parameters in, a document in Flickr's formats out."""

import re
from collections.abc import Callable, Mapping
from itertools import count

from menagerie.sandbox import documents
from menagerie.sandbox.errors import ApiError
from menagerie.sandbox.formats import Body, write, write_error
from menagerie.sandbox.query import parse_page, parse_query
from menagerie.sandbox.records import Photo
from menagerie.sandbox.rows import Document, parse_extras, row
from menagerie.sandbox.search import Search, estimated, page_ids
from menagerie.sandbox.world import World

PATH = "/services/rest"

_KEY = re.compile(r"[0-9a-f]{32}")
_UNKNOWN_KEY = "f" * 32
_FORMATS = ("rest", "json")


class Api:
    """Flickr's methods on a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._search = Search(world)
        self._searches = count()
        self._methods: dict[str, Callable[[Mapping[str, str], str], Document]] = {
            "flickr.photos.search": self._photos_search,
            "flickr.photos.getInfo": self._photos_get_info,
            "flickr.photos.getSizes": self._photos_get_sizes,
            "flickr.photos.licenses.getInfo": lambda _, __: documents.licenses_info(),
            "flickr.test.echo": lambda parameters, _: documents.echo(parameters),
        }

    def answer(self, parameters: Mapping[str, str], base_url: str) -> Body:
        """Answer a call; `base_url` is where the photos of the answer are to be fetched."""
        try:
            return write(parameters, self._call(parameters, base_url))
        except ApiError as error:
            return write_error(parameters, error)

    def _call(self, parameters: Mapping[str, str], base_url: str) -> Document:
        if parameters.get("format", "rest") not in _FORMATS:
            raise ApiError(111, f'Format "{parameters["format"]}" not found')
        name = parameters.get("method", "")
        if name not in self._methods:
            raise ApiError(112, f'Method "{name}" not found')
        key = parameters.get("api_key", "")
        if not _KEY.fullmatch(key):
            raise ApiError(100, "Invalid API Key (Key has invalid format)")
        if key == _UNKNOWN_KEY:
            raise ApiError(100, "Invalid API Key (Key not found)")
        return self._methods[name](parameters, base_url)

    def _photos_search(self, parameters: Mapping[str, str], base_url: str) -> Document:
        query, page = parse_query(parameters), parse_page(parameters)
        found = self._search.find(query)
        extras = parse_extras(parameters.get("extras", ""))
        rows = [
            row(photo, extras, base_url)
            for photo in self._world.photos([int(i) for i in page_ids(found, page)])
            if photo
        ]
        return documents.search_page(page, estimated(found.total, next(self._searches)), rows)

    def _photos_get_info(self, parameters: Mapping[str, str], _base_url: str) -> Document:
        return documents.photo_info(self._visible(parameters))

    def _photos_get_sizes(self, parameters: Mapping[str, str], base_url: str) -> Document:
        return documents.photo_sizes(self._visible(parameters), base_url)

    def _visible(self, parameters: Mapping[str, str]) -> Photo:
        """Return the photo that is asked for; gone and private ones look alike from outside."""
        photo_id = parameters.get("photo_id", "")
        photo = self._world.photo(photo_id)
        if photo is None or photo.gone or photo.private:
            raise ApiError(1, f'Photo "{photo_id}" not found (invalid ID)')
        return photo
