"""Endpoints: what is asked of Flickr, page by page, and checked row by row."""

from collections.abc import Iterator

from menagerie.errors import FlickrError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.parsers import EXTRAS, PhotoRow, parse_search
from menagerie.licenses import permitted
from menagerie.recipe import Source

PER_PAGE = 500
MAX_RESULTS = 4000
"""Beyond these Flickr repeats earlier photos or answers with error 20."""

_SORTS = {"relevance": "relevance", "newest": "date-posted-desc"}
_EXCESSIVE_OFFSET = 20


def search(client: FlickrClient, keyword: str, source: Source) -> Iterator[list[PhotoRow]]:
    """Yield the rows of each page that are new to this search, until there are enough.

    Flickr ignores what it does not understand and repeats rows past the cap, so rows are
    told apart by id, and a page that brings nothing new ends the search.

    Raises:
        FlickrError: see `FlickrClient.call`.
    """
    seen: set[str] = set()
    arguments = _arguments(keyword, source)
    for page in range(1, MAX_RESULTS // PER_PAGE + 1):
        try:
            answer = client.call("photos.search", parse_search, **arguments, page=page)
        except FlickrError as error:
            if error.code == _EXCESSIVE_OFFSET:
                return
            raise
        rows: list[PhotoRow] = []
        for row in answer.rows:
            if row.photo_id not in seen and len(seen) < source.photos_per_keyword:
                seen.add(row.photo_id)
                rows.append(row)
        if rows:
            yield rows
        if not rows or len(seen) >= source.photos_per_keyword:
            return


def _arguments(keyword: str, source: Source) -> dict[str, str | int]:
    arguments: dict[str, str | int] = {
        "text": keyword,
        "sort": _SORTS[source.sort],
        "media": "photos",
        "content_types": "0",
        "safe_search": 1,
        "extras": EXTRAS,
        "per_page": min(PER_PAGE, source.photos_per_keyword),
    }
    if source.uses:
        ids = [license.flickr_id for license in permitted(frozenset(source.uses))]
        arguments["license"] = ",".join(str(flickr_id) for flickr_id in ids)
    return arguments


def count(client: FlickrClient, keyword: str, source: Source) -> int:
    """Ask how many photos a keyword would find; an estimate, but 0 means none."""
    arguments = {**_arguments(keyword, source), "per_page": 1}
    return client.call("photos.search", parse_search, **arguments).total
