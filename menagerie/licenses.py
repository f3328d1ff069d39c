"""Flickr's licences: readable ids inside the program, Flickr's numbers only at the edge."""

from dataclasses import dataclass
from typing import Literal

Use = Literal["train", "share", "adapt", "commercial"]


@dataclass(frozen=True, slots=True)
class License:
    """A licence and what it permits.

    `flickr_id` is Flickr's number; `permits` the uses that a recipe may ask for.
    """

    id: str
    name: str
    url: str
    flickr_id: int | None
    permits: frozenset[Use]


_NO_DERIVATIVES = frozenset[Use]({"train", "share"})
_NON_COMMERCIAL = frozenset[Use]({"train", "share", "adapt"})
_NON_COMMERCIAL_NO_DERIVATIVES = frozenset[Use]({"train", "share"})
_ANY = frozenset[Use]({"train", "share", "adapt", "commercial"})


def _cc(flickr_id: int, kind: str, version: str, permits: frozenset[Use]) -> License:
    return License(
        f"cc-{kind}-{version}",
        f"CC {kind.upper()} {version}",
        f"https://creativecommons.org/licenses/{kind}/{version}/",
        flickr_id,
        permits,
    )


# The table of flickr.photos.licenses.getInfo as recorded in 2025. Ids 11-16 (version 4.0)
# came in 2024 and are not in the order of 1-6.
LICENSES: tuple[License, ...] = (
    License(
        "all-rights-reserved",
        "All Rights Reserved",
        "https://www.flickrhelp.com/hc/en-us/articles/"
        "10710266545556-Using-Flickr-images-shared-by-other-members",
        0,
        frozenset(),
    ),
    _cc(1, "by-nc-sa", "2.0", _NON_COMMERCIAL),
    _cc(2, "by-nc", "2.0", _NON_COMMERCIAL),
    _cc(3, "by-nc-nd", "2.0", _NON_COMMERCIAL_NO_DERIVATIVES),
    _cc(4, "by", "2.0", _ANY),
    _cc(5, "by-sa", "2.0", _ANY),
    _cc(6, "by-nd", "2.0", _NO_DERIVATIVES | {"commercial"}),
    License(
        "no-known-restrictions",
        "No known copyright restrictions",
        "https://www.flickr.com/commons/usage/",
        7,
        _ANY,
    ),
    License(
        "us-government-work",
        "United States Government Work",
        "https://www.usa.gov/government-copyright",
        8,
        _ANY,
    ),
    License(
        "cc0-1.0",
        "Public Domain Dedication (CC0)",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        9,
        _ANY,
    ),
    License(
        "public-domain-mark",
        "Public Domain Mark",
        "https://creativecommons.org/publicdomain/mark/1.0/",
        10,
        _ANY,
    ),
    _cc(11, "by", "4.0", _ANY),
    _cc(12, "by-sa", "4.0", _ANY),
    _cc(13, "by-nd", "4.0", _NO_DERIVATIVES | {"commercial"}),
    _cc(14, "by-nc", "4.0", _NON_COMMERCIAL),
    _cc(15, "by-nc-sa", "4.0", _NON_COMMERCIAL),
    _cc(16, "by-nc-nd", "4.0", _NON_COMMERCIAL_NO_DERIVATIVES),
)

UNKNOWN = License("unknown", "Unknown licence", "", None, frozenset())

_BY_FLICKR_ID = {license.flickr_id: license for license in LICENSES}
_BY_ID = {license.id: license for license in (*LICENSES, UNKNOWN)}


def from_flickr(flickr_id: str | int | None) -> License:
    """Return the licence of Flickr's number; one that nobody knows is `UNKNOWN`."""
    text = str(flickr_id).strip()
    return _BY_FLICKR_ID.get(int(text), UNKNOWN) if text.isascii() and text.isdigit() else UNKNOWN


def by_id(license_id: str) -> License:
    """Return the licence of a readable id such as `cc-by-4.0`."""
    return _BY_ID.get(license_id, UNKNOWN)


def permitted(uses: frozenset[Use]) -> tuple[License, ...]:
    """Return the licences that permit every one of `uses`, in the order of Flickr's ids.

    With no `uses` at all every licence will do, unknown ones included.
    """
    if not uses:
        return (*LICENSES, UNKNOWN)
    return tuple(license for license in LICENSES if uses <= license.permits)
