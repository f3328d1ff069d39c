"""Photos by their hash: as they are stored, and small."""

import io
import re

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from PIL import Image

from menagerie.catalog.picturing import picture_format
from menagerie.errors import PhotoError
from menagerie.photos.decode import decode
from menagerie.web.site import this_site

views = Blueprint("photos", __name__)

THUMB_PX = 320
"""The longest edge of a small photo."""

_HOUR_SECONDS = 3600
# What browsers show; whatever else is stored is to be saved, not shown.
_SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_SAVED = {"BMP": "image/bmp", "TIFF": "image/tiff"}


@views.get("/photos/<sha256>")
def stored(sha256: str) -> ResponseReturnValue:
    """Answer with a stored file."""
    kind = _checked(sha256)
    answer = _picture(_read(sha256), sha256, (_SHOWN | _SAVED)[kind])
    if kind in _SAVED:
        answer.headers["Content-Disposition"] = f'attachment; filename="{sha256[:12]}"'
    return answer


@views.get("/thumbs/<sha256>")
def small(sha256: str) -> ResponseReturnValue:
    """Answer with a small JPEG of a stored file."""
    _checked(sha256)
    data = this_site().thumbnails.get(sha256)
    if data is None:
        try:
            data = thumbnail(_read(sha256))
        except PhotoError as error:
            abort(404, f"That photo cannot be shown: it {error}.")
        this_site().thumbnails.put(sha256, data)
    return _picture(data, sha256, "image/jpeg")


def thumbnail(data: bytes) -> bytes:
    """Make a small JPEG of a photo's bytes, by the one decode path.

    Raises:
        PhotoError: it cannot be decoded.
    """
    image = Image.fromarray(decode(data, THUMB_PX).pixels)
    image.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.BOX, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _checked(sha256: str) -> str:
    """Return the format of a photo; answers 404 unless it is known, sound and not gone.

    What crashed a decoder once is not decoded here: the child process told.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        abort(404, "Photos are named by their SHA-256: 64 hex digits.")
    kind = picture_format(this_site().shop.catalog, sha256)
    if kind not in _SHOWN and kind not in _SAVED:
        abort(404, "No photo with these bytes can be shown.")
    return kind


def _read(sha256: str) -> bytes:
    try:
        return this_site().shop.store.read(sha256)
    except FileNotFoundError:
        abort(404, "The photo store no longer has these bytes.")


def _picture(data: bytes, sha256: str, kind: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.set_etag(sha256)
    # Private, and not for long: a photo may have to be forgotten.
    answer.headers["Cache-Control"] = f"private, max-age={_HOUR_SECONDS}"
    # Opened by itself, a picture may still do nothing.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.make_conditional(request)
    return answer
