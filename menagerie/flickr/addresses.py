"""The addresses that people copy from Flickr: which photo a page shows."""

import re
from urllib.parse import urlsplit

PAGE_HOSTS = frozenset({"www.flickr.com", "flickr.com", "m.flickr.com"})
SHORT_HOST = "flic.kr"

_PAGE_PATH = re.compile(r"/photos/[^/]{1,100}/(\d{1,19})(?:/.*)?")
_SHORT_PATH = re.compile(r"/p/([1-9A-HJ-NP-Za-km-z]{1,12})/?")
# Flickr's base 58: digits, then small, then large letters, without 0, l, I and O
# (https://www.flickr.com/groups/api/discuss/72157616713786392/).
_DIGITS = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def photo_id_of(address: str) -> str | None:
    """Return the id of the photo that a page of Flickr shows, None if the address is no such page.

    Nothing is asked: short addresses hold the id as well.
    """
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or port not in {None, 80, 443}:
        return None
    if host in PAGE_HOSTS:
        found = _PAGE_PATH.fullmatch(parts.path)
        return found[1] if found else None
    if host == SHORT_HOST:
        found = _SHORT_PATH.fullmatch(parts.path)
        return str(_base58(found[1])) if found else None
    return None


def _base58(text: str) -> int:
    number = 0
    for digit in text:
        number = 58 * number + _DIGITS.index(digit)
    return number
