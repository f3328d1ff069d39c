"""Endpoints: what is asked of Flickr, page by page, and checked row by row."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from menagerie.curation.screening import objection
from menagerie.errors import FlickrError, ParseError
from menagerie.flickr.parsers import EXTRAS, SearchPage, parse_search
from menagerie.flickr.windows import FULL, MAX_RESULTS, Window
from menagerie.licenses import from_flickr, permitted
from menagerie.photos.row import PhotoRow
from menagerie.recipe import Source

if TYPE_CHECKING:
    from menagerie.flickr.client import FlickrClient

PER_PAGE = 500
_EXCESSIVE_OFFSET = 20
_MOST_PAGES = MAX_RESULTS // PER_PAGE

# A photo may have changed its licence since it was indexed.
_TOLERATED_ROWS = 2
_TOLERATED_SHARE = 0.02

_FULL_ROWS = 475
_MORE_LOOKS = 2
"""A page with fewer new rows, that is not the last one, is asked for so many times more."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of `flickr.photos.search`; `licenses` are Flickr's numbers, () for any."""

    keyword: str
    sort: str
    licenses: tuple[int, ...] = ()
    window: Window | None = None

    def arguments(self, page: int, per_page: int = PER_PAGE) -> dict[str, str | int]:
        """Return the arguments of a call."""
        arguments: dict[str, str | int] = {
            "text": self.keyword,
            "sort": self.sort,
            "media": "photos",
            "content_types": "0",
            "safe_search": 1,
            "extras": EXTRAS,
            "per_page": per_page,
            "page": page,
        }
        if self.licenses:
            arguments["license"] = ",".join(map(str, self.licenses))
        if self.window is not None:
            arguments["min_upload_date"] = self.window.earliest
            arguments["max_upload_date"] = self.window.latest
        return arguments


def query_of(keyword: str, source: Source) -> Query:
    """Return what a recipe asks of Flickr for a keyword."""
    # The licence filter spares rows that nobody may use; every row is checked all the same.
    licenses = permitted(frozenset(source.uses)) if source.uses else ()
    numbers = tuple(one.flickr_id for one in licenses if one.flickr_id is not None)
    sort = "relevance" if source.sort == "relevance" else "date-posted-asc"
    return Query(keyword, sort, numbers)


def signature(source: Source) -> str:
    """Hash what a recipe asks besides the keyword: another question starts another crawl."""
    asked = [query_of("", source).arguments(1), source.photos_per_keyword]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def count(client: "FlickrClient", query: Query) -> int:
    """Ask how many photos a query finds; an estimate, but 0 means none."""
    return ask(client, query, 1, per_page=1).total


def ask(
    client: "FlickrClient", query: Query, page: int = 1, per_page: int = PER_PAGE
) -> SearchPage:
    """Ask for a page of a query: its total, and up to 500 rows.

    An answer that shows photos of other licences or dates than were asked for counts and orders
    other photos, too: it is asked for again.
    """

    def parse(document: object) -> SearchPage:
        answer = parse_search(document)
        strays = sum(not _is_asked_for(row, query) for row in answer.rows)
        if strays > max(_TOLERATED_ROWS, _TOLERATED_SHARE * len(answer.rows)):
            raise ParseError(
                f"{strays} of {len(answer.rows)} photos have another licence or date than was"
                " asked for."
            )
        return answer

    return client.call("photos.search", parse, **query.arguments(page, per_page))


def _is_asked_for(row: PhotoRow, query: Query) -> bool:
    window = query.window
    if window is not None and not window.earliest <= row.uploaded_at <= window.latest:
        return False
    return not query.licenses or row.license in {from_flickr(n).id for n in query.licenses}


def pages(
    client: "FlickrClient", query: Query, first: SearchPage | None = None
) -> Iterator[list[PhotoRow]]:
    """Yield the rows of each page that are new to this query, until there are no more.

    Flickr repeats rows past the cap and past the end, so rows are told apart by id, and past the
    last page that the total promises one that brings nothing new ends the query. Before it, a
    page with few new rows may be one of another search, and is looked at again.

    Raises:
        FlickrError: see `FlickrClient.call`.
    """
    seen: set[str] = set()
    for page in range(1, _MOST_PAGES + 1):
        try:
            answer = first if first and page == 1 else ask(client, query, page)
            last = -(-min(answer.total, MAX_RESULTS) // PER_PAGE)
            rows = _unseen(answer, seen)
            for _ in range(_MORE_LOOKS):
                if page >= last or len(rows) >= _FULL_ROWS:
                    break
                rows += _unseen(ask(client, query, page), seen)
        except FlickrError as error:
            if error.code == _EXCESSIVE_OFFSET:
                return
            raise
        if rows:
            yield rows
        if page >= last and (len(answer.rows) < PER_PAGE or not rows):
            return


def _unseen(answer: SearchPage, seen: set[str]) -> list[PhotoRow]:
    rows = {row.photo_id: row for row in answer.rows if row.photo_id not in seen}
    seen.update(rows)
    return list(rows.values())


def usable_first(
    rows: Sequence[PhotoRow], source: Source, wanted: int
) -> tuple[Sequence[PhotoRow], int]:
    """Cut a list of rows after the `wanted`-th that can be used by what it says of itself.

    Returns the rows up to there and how many are still wanted.
    """
    for number, row in enumerate(rows):
        wanted -= objection(row, source) is None
        if not wanted:
            return rows[: number + 1], 0
    return rows, wanted


def within(rows: Sequence[PhotoRow], window: Window) -> list[PhotoRow]:
    """Leave out rows that a window does not hold: short ones leak at their ends."""
    return [row for row in rows if window.earliest <= row.uploaded_at <= window.latest]


def crowd(client: "FlickrClient", query: Query) -> Iterator[list[PhotoRow]]:
    """Yield the rows of a window that holds too many and cannot be cut shorter.

    It is cut by licence; where that does not help, a licence is read from both of its ends.
    """
    for number in query.licenses or (None,):
        part = query if number is None else replace(query, licenses=(number,))
        first = ask(client, part)
        yield from pages(client, part, first)
        if first.total > FULL:
            yield from pages(client, replace(part, sort="date-posted-desc"))
