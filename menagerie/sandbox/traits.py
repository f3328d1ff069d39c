"""What the sandbox makes up about a photo: titles, tags, owners, licences, dates."""

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from menagerie.sandbox.hashing import Draws, Words, salted, units
from menagerie.sandbox.records import Integers, Owner, Photo, Picture

FIRST_UPLOAD = 1_104_537_600
"""2005-01-01."""
LAST_UPLOAD = 1_767_139_200
"""2025-12-31."""

_NEW_SERVER_SINCE = 1_525_132_800
"""From about May 2018 on Flickr puts every photo on server 65535."""

# Licence number and share. One photo in ten may not be used; the old licences lead.
_LICENSES = (
    (0, 0.10), (1, 0.15), (2, 0.14), (3, 0.13), (4, 0.14), (5, 0.09), (6, 0.06), (7, 0.02),
    (8, 0.02), (9, 0.03), (10, 0.03), (11, 0.02), (12, 0.02), (13, 0.01), (14, 0.01),
    (15, 0.02), (16, 0.01),
)  # fmt: skip
_LICENSE_NUMBERS = np.array([number for number, _ in _LICENSES], np.int16)
_LICENSE_BOUNDS = np.cumsum([share for _, share in _LICENSES])

# The share of the first owners falls off mildly: the most active one of a universe of
# 1,200 photos has about 15.
_OWNER_POOL = 1_600
_OWNER_SKEW = 0.6
_PHOTOS_PER_POOL = 2_048

_MOST_TAGS = 5

OWNER_DRAWS = (
    "first", "last", "style", "habit", "has alias", "alias number", "real", "id", "n",
)  # fmt: skip
"""What `invent_owner` draws."""
PHOTO_DRAWS = (
    "title kind", "title", "title number", "title name", "taken unknown", "tags", "no_cv",
    "views", "server", "farm", "secret", "original secret", "original",
    *(f"tag {n}" for n in range(_MOST_TAGS)),
)  # fmt: skip
"""What `invent_photo` draws."""
ODDITY_DRAWS = ("types", "edges", "alias")
"""What the rows of a photo draw."""

_FIRST_NAMES = (
    "Ada", "Bruno", "Chidi", "Dolores", "Emeka", "Farah", "Greta", "Hiroshi", "Ines", "Jonas",
    "Keiko", "Lars", "Mira", "Nadia", "Olof", "Pilar", "Quentin", "Rosa", "Søren", "Tomás",
    "Uma", "Vera", "Wanda", "Ximena", "Yusuf", "Zoë",
)  # fmt: skip
_LAST_NAMES = (
    "Abara", "Bergström", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Hughes",
    "Ivanova", "Jensen", "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Petrov",
    "Quinn", "Rossi", "Schmidt", "Tanaka", "Ueda", "Visser", "Walker", "Yildiz", "Zhang",
)  # fmt: skip
_HABITS = ("photos", "snaps", "wildlife", "outdoors", "lens", "shots", "naturfoto", "travels")
_WORDS = (
    "nature", "wildlife", "animal", "zoo", "forest", "morning", "canon", "nikon", "travel",
    "outdoors", "winter", "summer", "light", "portrait", "macro", "bw", "2009", "geotagged",
    "sunset", "park", "holiday", "fauna",
)  # fmt: skip
_TITLES = (
    "{Keyword}", "{Keyword} in the morning", "Young {keyword}", "A {keyword}, close", "IMG_{n}",
    "DSC0{n}.JPG", "{Keyword} ({n})", "One more {keyword}", "P10{n}", "The {keyword} by the road",
    "{Keyword} & friends", "wild {keyword}", "{Keyword} - {name}'s garden", "Day {n}: {keyword}",
)  # fmt: skip
# Titles are typed by strangers: markup, formulas, quotes, right-to-left and emoji occur.
_HOSTILE_TITLES = (
    "<script>alert('{keyword}')</script>", '"><img src=x onerror=alert(1)> {keyword}',
    "{Keyword} \"the king\" & 'friends' <3", "=HYPERLINK(\"http://example.com\",\"{keyword}\")",
    "🐒🐗🐦‍⬛ {keyword} 🎉", "\u202e{keyword} reversed", "قرد في الغابة {keyword}",
    "{keyword}; DROP TABLE photos; --", "{{{{ {keyword} }}}} {{% raw %}}", "猿 · 猪 · 烏 {keyword}",
    "{keyword}, \"comma\", and a \ttab", "../../etc/{keyword}", "{keyword} " * 40,
)  # fmt: skip


def licenses(words: Words) -> npt.NDArray[np.int16]:
    """Draw a licence for each photo."""
    last = len(_LICENSE_NUMBERS) - 1
    places = np.searchsorted(_LICENSE_BOUNDS, units(salted(words, "license")), side="right")
    return _LICENSE_NUMBERS[np.minimum(places, last)]


def taken_dates(words: Words, uploaded: Integers) -> Integers:
    """Draw when each photo was taken: within two years before its upload, mostly days."""
    age = units(salted(words, "taken")) ** 4 * 63_000_000
    return uploaded - age.astype(np.int64)


def pool_size(photos: int) -> int:
    """Return how many owners share `photos`.

    It grows in steps of four, so that a universe that grows a little keeps its owners.
    """
    pool, room = _OWNER_POOL, _PHOTOS_PER_POOL
    while room < photos:
        pool, room = pool * 4, room * 4
    return pool


def owner_rank(draws: Draws, pool: int) -> int:
    """Draw which owner a photo has; low ranks upload more."""
    return int(draws.unit("owner") ** (1 / _OWNER_SKEW) * pool)


def invent_owner(draws: Draws, rank: int) -> Owner:
    """Make up the owner of a rank, from the owner's draws."""
    first, last = draws.pick("first", _FIRST_NAMES), draws.pick("last", _LAST_NAMES)
    style = draws.below("style", 3)
    name = (f"{first} {last}", first.lower(), first)[style]
    if style == 1:
        name += f"_{draws.pick('habit', _HABITS)}"
    has_alias = first.isascii() and draws.unit("has alias") < 0.6
    # Shared names must not make shared owners: the rank stands in the id.
    nsid = f"{10_000_000 + rank * 24 + draws.below('id', 24)}@N0{draws.below('n', 10)}"
    return Owner(
        nsid,
        name,
        draws.pick("real", (f"{first} {last}", f"{first} {last}", "", None)),
        f"{first}-{draws.below('alias number', 9_000)}".lower() if has_alias else None,
    )


def invent_title(draws: Draws, keyword: str) -> str:
    """Make up a title; some photos have none, and some have a hostile one."""
    chance = draws.unit("title kind")
    if chance < 0.06:
        return ""
    titles = _HOSTILE_TITLES if chance > 0.985 else _TITLES
    title = draws.pick("title", titles)
    return title.format(
        keyword=keyword,
        Keyword=keyword.capitalize(),
        n=1000 + draws.below("title number", 9_000) if "{n}" in title else 0,
        name=draws.pick("title name", _FIRST_NAMES) if "{name}" in title else "",
    )


def invent_tags(draws: Draws, keyword: str) -> tuple[str, ...]:
    """Make up tags: the keyword, a few more, and now and then the opt-out `no_cv`."""
    more = [draws.pick(f"tag {n}", _WORDS) for n in range(draws.below("tags", _MOST_TAGS))]
    opt_out = ["no_cv"] if draws.below("no_cv", 300) == 0 else []
    return tuple(dict.fromkeys([keyword.replace(" ", ""), *more, *opt_out]))


def invent_photo(
    draws: Draws,
    photo_id: int,
    keyword: str,
    owner: Owner,
    picture: Picture,
    *,
    uploaded: int,
    taken: int,
    license_number: int,
    original_format: str = "jpg",
    video: bool = False,
    gone: bool = False,
    oddities: Draws | None = None,
) -> Photo:
    """Make up everything about a photo that nobody has said."""
    new = uploaded >= _NEW_SERVER_SINCE
    return Photo(
        id=str(photo_id),
        owner=owner,
        title=invent_title(draws, keyword),
        license=license_number,
        uploaded=uploaded,
        taken=taken,
        taken_unknown=draws.unit("taken unknown") < 0.03,
        tags=invent_tags(draws, keyword),
        views=int(20_000 * draws.unit("views") ** 5),
        server="65535" if new else str(1 + draws.below("server", 9_000)),
        farm=66 if new else 1 + draws.below("farm", 9),
        secret=draws.hexadecimal("secret", 10),
        original_secret=draws.hexadecimal("original secret", 10),
        original_format=original_format,
        original_offered=draws.unit("original") < 2 / 3,
        video=video,
        gone=gone,
        private=False,
        picture=picture,
        oddities=oddities or Draws(str(photo_id)),
    )


def mysql_date(unix_seconds: int) -> str:
    """Write a date as Flickr does for the time of taking."""
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(" ")[:19]
