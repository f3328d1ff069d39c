"""What `flickr.photos.search` was asked: parameters in, a query or Flickr's error out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from menagerie.sandbox.errors import ApiError

SORTS = (
    "date-posted-desc", "date-posted-asc", "date-taken-desc", "date-taken-asc",
    "interestingness-desc", "interestingness-asc", "relevance",
)  # fmt: skip

_MOST_TAGS = 20
_PHOTO_CONTENT_TYPES = frozenset({"1", "4", "6", "7"})  # of the older parameter, content_type
_LIMITING = (
    "text", "tags", "min_upload_date", "max_upload_date", "min_taken_date", "max_taken_date",
)  # fmt: skip

Window = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Query:
    """One search. Dates are unix seconds, both ends inclusive; None leaves an end open."""

    text: str = ""
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    every_tag: bool = False
    licenses: frozenset[int] | None = None
    uploaded: Window = (None, None)
    taken: Window = (None, None)
    media: str = "all"
    photographs: bool = True
    sort: str = SORTS[0]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the results was asked for."""

    number: int
    length: int


def parse_query(parameters: Mapping[str, str]) -> Query:
    """Parse a search; parameters that nobody knows are ignored, as Flickr does.

    Raises:
        ApiError: 1 too many tags, 3 nothing to search for, 18 contradictory dates.
    """
    if not any(parameters.get(name, "").strip() for name in _LIMITING):
        raise ApiError(3)
    tags = [tag.strip().casefold() for tag in parameters.get("tags", "").split(",") if tag.strip()]
    every_tag = parameters.get("tag_mode") == "all"
    if every_tag and len(tags) > _MOST_TAGS:
        raise ApiError(1)
    sort = parameters.get("sort", SORTS[0])
    return Query(
        text=parameters.get("text", "").strip().casefold(),
        tags=tuple(tag for tag in tags if not tag.startswith("-")),
        without_tags=tuple(tag[1:] for tag in tags if tag.startswith("-")),
        every_tag=every_tag,
        licenses=_licenses(parameters.get("license", "")),
        uploaded=_window(parameters, "upload"),
        taken=_window(parameters, "taken"),
        media=parameters.get("media", "all"),
        photographs=_wants_photographs(parameters),
        sort=sort if sort in SORTS else SORTS[0],
    )


def parse_page(parameters: Mapping[str, str]) -> Page:
    """Parse which page was asked for; nonsense becomes Flickr's default."""
    length = _number(parameters.get("per_page", "")) or 100
    return Page(max(1, _number(parameters.get("page", "")) or 1), max(1, min(length, 500)))


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _licenses(text: str) -> frozenset[int] | None:
    numbers = [_number(part) for part in text.split(",")]
    known = frozenset(number for number in numbers if number is not None)
    return known or None


def _window(parameters: Mapping[str, str], event: str) -> Window:
    earliest, latest = (
        _moment(parameters.get(f"{end}_{event}_date", "")) for end in ("min", "max")
    )
    if earliest is not None and latest is not None and earliest > latest:
        raise ApiError(18)
    return earliest, latest


def _moment(text: str) -> int | None:
    number = _number(text)
    if number is not None:
        return number
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None


def _wants_photographs(parameters: Mapping[str, str]) -> bool:
    """Tell whether photos are among the content asked for: the sandbox has nothing else."""
    kinds = [
        kind.strip() for kind in parameters.get("content_types", "").split(",") if kind.strip()
    ]
    if kinds:
        return "0" in kinds
    older = parameters.get("content_type", "").strip()
    return not older or older in _PHOTO_CONTENT_TYPES
