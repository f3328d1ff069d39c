"""What strangers send as photos: refused by name and content before any decoder sees it.

Decoders ignore what stands behind, before or beside the picture, so that a file can be a photo
to one program and a page, a script or an archive to another. Such files are never needed here.
"""

import re

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError

MAX_UPLOAD_BYTES = 32 * 2**20
"""Of one request, all its photos together."""

MAX_PHOTOS = 32
"""Of one request."""

_NAME_CHARACTERS = 255
# Folders, control characters, and what begins a tag.
_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\<>\u202a-\u202e\u2066-\u2069]|^\.{1,2}$")

# The first bytes of the formats that `menagerie.photos.decode` reads.
_MAGIC = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|BM|II\*\x00|MM\x00\*", re.DOTALL
)
# Long enough not to come about by chance in the noise that compressed pixels are.
_TAG = re.compile(rb"<(?:script|\?php|html|!doctype|iframe|svg |img )")
_CODE = (b"javascript:", b"onerror=", b"onload=")
_HEAD_BYTES = 1024
# The record that ends every zip archive, and the longest comment that may stand behind it.
_ZIP_END, _ZIP_TAIL_BYTES = b"PK\x05\x06", 22 + 65_535


def refuse_name(name: str) -> None:
    """Refuse a file's name that cannot be one of a photo. It is shown, and never used as a path.

    Raises:
        PhotoError: it holds a folder, a tag or control characters, or is very long.
    """
    if len(name) > _NAME_CHARACTERS or _NO_NAME.search(name):
        raise PhotoError(
            Reason.REFUSED,
            "has a name with a folder, an angle bracket or a control character in it, or of more"
            f" than {_NAME_CHARACTERS} characters",
        )


def refuse_content(data: bytes) -> None:
    """Refuse bytes that are no picture of a known format, or something else besides.

    Raises:
        PhotoError: they are empty, no picture, or carry a page, a script or an archive.
    """
    if not data:
        raise PhotoError(Reason.BROKEN, "is an empty file")
    if not _MAGIC.match(data):
        raise PhotoError(
            Reason.BROKEN, "is not a picture: it begins like no JPEG, PNG, GIF, WebP, BMP or TIFF"
        )
    if b"%PDF-" in data[:_HEAD_BYTES]:
        raise PhotoError(Reason.REFUSED, "is a document as well as a picture")
    if _ZIP_END in data[-_ZIP_TAIL_BYTES:]:
        raise PhotoError(Reason.REFUSED, "is an archive as well as a picture")
    lowered = data.lower()
    if _TAG.search(lowered) or any(mark in lowered for mark in _CODE):
        raise PhotoError(Reason.REFUSED, "carries a page or a script beside its picture")
