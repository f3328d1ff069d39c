"""The photo host: `/{server}/{id}_{secret}_{suffix}.jpg`."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from menagerie.sandbox.hashing import word
from menagerie.sandbox.placeholder import PATH as PLACEHOLDER_PATH
from menagerie.sandbox.records import Photo
from menagerie.sandbox.renditions import Renditions, content_type
from menagerie.sandbox.rows import original_is_offered, secret_of
from menagerie.sandbox.sizes import BY_SUFFIX, rendered
from menagerie.sandbox.world import World

_PHOTO_PATH = re.compile(
    r"/\d+/(?P<id>\d{1,18})_(?P<secret>[0-9a-f]+)(?P<suffix>_(?:[a-z]|3k))?\.(?:jpg|png|gif|webp)"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back, before any fault."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    location: str | None = None

    @property
    def etag(self) -> str:
        """Name of the content, for clients that have it already."""
        return f'"{blake2b(self.body, digest_size=16).hexdigest()}"'


NOT_FOUND = Reply(404, b"<html><body>404 Not Found</body></html>")
_RESTRICTED = (Reply(403, b"<html><body>403 Forbidden</body></html>"), NOT_FOUND)


def found_at(location: str) -> Reply:
    """Send the client to another address."""
    return Reply(302, b"<html><body>302 Found</body></html>", location=location)


def elsewhere(base_url: str) -> str:
    """Return the sandbox's address under its other name: no setting for one admits the other."""
    return base_url.replace("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class PhotoRequest:
    """What a photo's path says."""

    photo_id: str
    secret: str
    suffix: str


def parse_photo_path(path: str) -> PhotoRequest | None:
    """Parse a path of the photo host; None where it is no photo's."""
    match = _PHOTO_PATH.fullmatch(path)
    return match and PhotoRequest(match["id"], match["secret"], match["suffix"] or "")


class PhotoHost:
    """Serves renditions and originals of a world."""

    def __init__(self, world: World, renditions: Renditions) -> None:
        self._world = world
        self._renditions = renditions

    def answer(
        self, request: PhotoRequest, base_url: str, quirks: frozenset[str] = frozenset()
    ) -> Reply:
        """Answer a request for a photo; `base_url` is where the placeholder lies."""
        if "restricted" in quirks:
            return _RESTRICTED[word(request.photo_id, request.suffix) % len(_RESTRICTED)]
        photo = self._world.photo(request.photo_id)
        if photo is None or photo.private or not _secret_fits(photo, request):
            return NOT_FOUND
        try:
            body = None if photo.gone else self._file(photo, request)
        except FileNotFoundError:  # deleted under our feet, as at Flickr
            body = None
        if body is None:
            host = elsewhere(base_url) if "placeholder-elsewhere" in quirks else base_url
            return found_at(host + PLACEHOLDER_PATH)
        return Reply(200, body, content_type(body))

    def _file(self, photo: Photo, request: PhotoRequest) -> bytes:
        if request.suffix == "_o":
            return photo.picture.source()
        return self._renditions.rendition(photo.picture, BY_SUFFIX[request.suffix])


def _secret_fits(photo: Photo, request: PhotoRequest) -> bool:
    if request.suffix == "_o":
        return request.secret == photo.original_secret and original_is_offered(photo)
    size = BY_SUFFIX.get(request.suffix)
    return (
        size is not None
        and request.secret == secret_of(photo, size)
        and rendered(size, photo.picture.dimensions, photo.uploaded) is not None
    )
