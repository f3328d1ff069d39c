"""Photos as requests bring them: in a form, one as it is, or by address. None touches the disk."""

import io
import json
from collections.abc import Iterator
from typing import IO, Any

from flask import Request, abort, request

from menagerie.serving.service import Upload
from menagerie.serving.uploads import MAX_PHOTOS, MAX_UPLOAD_BYTES

FIELD = "photo"
"""The name of a form's fields that hold photos."""

RAW_TYPES = ("image/", "application/octet-stream")
# Each may take a host's whole patience, and a thread of this server as long.
_MOST_ADDRESSES = 4
_ENVELOPE_BYTES = 2**16
_NO_PHOTO = (
    "There is no photo in the request. Send one as it is, with a Content-Type such as image/jpeg;"
    f" or one or more in a form (multipart/form-data), in fields called {FIELD!r}; or addresses as"
    ' JSON: {"addresses": ["https://…"]}.'
)


class InMemoryRequest(Request):
    """A request whose files stay in memory; waitress has limited their size already."""

    def _get_file_stream(self, *_about: Any, **_more: Any) -> IO[bytes]:
        return io.BytesIO()


def uploads() -> list[Upload]:
    """Return the photos of the request at hand; answers 400, 413 or 415 if it holds none.

    Addresses are not among them; see `addresses`.
    """
    request.max_content_length = MAX_UPLOAD_BYTES + _ENVELOPE_BYTES
    kind = request.mimetype
    if kind == "multipart/form-data":
        return _limited(list(_of_form()))
    if not kind.startswith(RAW_TYPES):
        abort(415, f"{_NO_PHOTO} (Content-Type received: {kind[:100] or 'none'})")
    data = request.get_data(cache=False)
    if not data:
        abort(400, _NO_PHOTO)
    return [Upload(data)]


def _of_form() -> Iterator[Upload]:
    for field, file in request.files.items(multi=True):
        if field != FIELD:
            abort(400, f"A file came in the field {field[:40]!r}. Call the field {FIELD!r}.")
        yield Upload(file.stream.read(), file.filename or "")


def _limited(found: list[Upload]) -> list[Upload]:
    if not found:
        abort(400, _NO_PHOTO)
    if len(found) > MAX_PHOTOS:
        abort(
            413,
            f"{len(found)} photos came at once; {MAX_PHOTOS} at most. Send them in several"
            " requests.",
        )
    return found


def addresses() -> list[str] | None:
    """Return the addresses of the request at hand, None if it is no JSON; answers 400 if wrong."""
    if not request.is_json:
        return None
    try:
        document: Any = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        abort(
            400, 'The request says that it is JSON, and is not. Send {"addresses": ["https://…"]}.'
        )
    found: Any = document.get("addresses") if isinstance(document, dict) else None
    is_list = isinstance(found, list) and all(isinstance(each, str) and each for each in found)
    if not is_list or not found:
        abort(400, 'The JSON holds no addresses. Send {"addresses": ["https://…"]}.')
    if len(found) > _MOST_ADDRESSES:
        abort(413, f"{len(found)} addresses came at once; {_MOST_ADDRESSES} at most.")
    return [str(each) for each in found]
