"""Flickr as a source of photos: planned, crawled window by window, and kept up to date."""

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from menagerie.catalog.database import Catalog
from menagerie.catalog.fetched import mean_bytes, settled_photos
from menagerie.catalog.searches import Journal
from menagerie.errors import EmptySearchError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.parsers import SearchPage
from menagerie.flickr.renditions import by_preference
from menagerie.flickr.search import (
    PER_PAGE,
    Query,
    ask,
    count,
    crowd,
    pages,
    query_of,
    signature,
    usable_first,
    within,
)
from menagerie.flickr.windows import BEGAN, FULL, MAX_RESULTS, Slicer, Window
from menagerie.photos.fetch import Fetched, Fetcher, Wanted
from menagerie.photos.row import PhotoRow
from menagerie.recipe import Recipe
from menagerie.sources.base import Search, SearchPlan

OVERLAP_SECONDS = 2 * 86_400
"""Photos show up in searches hours after their upload: what came last is asked for again."""

# JPEGs of Flickr photos: 0.55 bytes a pixel at 150 px, 0.27 at 500 px (means of 800 each).
_BYTES_A_PIXEL = 0.4

_MOST_KEPT = 50
"""First pages kept between the check of the keywords and their crawl: 500 rows each."""


class FlickrSource:
    """Searches Flickr by keyword; see `menagerie.sources.base.Source`."""

    def __init__(
        self,
        name: str,
        client: FlickrClient,
        catalog: Catalog,
        fetcher: Callable[[], Fetcher],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._client = client
        self._catalog = catalog
        self._fetcher = fetcher
        self._clock = clock
        # What the check of new keywords was told, so that the crawl need not ask again.
        self._first: dict[Query, SearchPage] = {}
        self._totals: dict[Query, int] = {}

    def refuse_empty(self, recipe: Recipe, known: AbstractSet[Search]) -> None:
        """Ask whether every keyword that is new finds anything.

        Raises:
            EmptySearchError: one does not; nothing was recorded.
        """
        for label, keyword in recipe.searches:
            if (label, keyword) not in known and not self._peek(recipe, keyword):
                raise EmptySearchError(
                    f"The keyword {keyword!r} of the class {label!r} finds no photo"
                    f" whose licence permits {' and '.join(recipe.source.uses) or 'anything'}."
                    " Correct its spelling in the recipe, or choose another word."
                )

    def _peek(self, recipe: Recipe, keyword: str) -> int:
        """Return the total of a keyword, keeping what else came with it for the crawl."""
        query = query_of(keyword, recipe.source)
        if recipe.source.sort != "relevance" or len(self._first) >= _MOST_KEPT:
            self._totals[query] = ask(self._client, query).total
            return self._totals[query]
        self._first[query] = ask(self._client, query)
        return self._first[query].total

    def crawl(self, recipe: Recipe, keyword: str) -> Iterator[Sequence[PhotoRow]]:
        """Yield what a keyword finds, or what is new since the last crawl that came to its end.

        Raises:
            FlickrError: see `FlickrClient.call`.
        """
        lots = self._best_first if recipe.source.sort == "relevance" else self._newest_first
        journal = self._journal(recipe, keyword)
        wanted = recipe.source.photos_per_keyword
        for lot in lots(recipe, keyword, journal):
            rows, wanted = usable_first(lot, recipe.source, wanted)
            yield rows
            if not wanted:
                break
        journal.end()

    def _best_first(
        self, recipe: Recipe, keyword: str, journal: Journal
    ) -> Iterator[Sequence[PhotoRow]]:
        query = query_of(keyword, recipe.source)
        page = self._first.pop(query, None) or ask(self._client, query)
        journal.begin(page.total, self._now())
        yield from pages(self._client, query, page)

    def _newest_first(
        self, recipe: Recipe, keyword: str, journal: Journal
    ) -> Iterator[Sequence[PhotoRow]]:
        """Yield the rows of window after window, from the newest upload down."""
        query, progress = query_of(keyword, recipe.source), journal.read()
        wanted = recipe.source.photos_per_keyword
        # Where only some of the photos are wanted, which ones follows from the newest of all.
        if progress is None or progress.started_at is None or wanted < progress.estimate:
            total = self._totals.pop(query, None)
            total = ask(self._client, query).total if total is None else total
            journal.begin(total, self._now())
        slicer = Slicer(journal.remaining(OVERLAP_SECONDS), journal)
        for window in slicer.windows():
            windowed = replace(query, window=window)
            page = ask(self._client, windowed)
            if page.total > FULL and window.can_be_halved:
                slicer.cut(window, page.total)
                continue
            crowded = page.total > FULL
            lots = crowd(self._client, windowed) if crowded else pages(self._client, windowed, page)
            rows = {row.photo_id: row for lot in lots for row in within(lot, window)}
            yield sorted(rows.values(), key=lambda row: (-row.uploaded_at, row.photo_id))
            slicer.take(window, len(rows))
            journal.reach(window, len(rows))

    def plan(self, recipe: Recipe, label: str, keyword: str) -> SearchPlan:
        """Tell what the next crawl of a keyword would cost: one call a window, no download."""
        query, wanted = query_of(keyword, recipe.source), recipe.source.photos_per_keyword
        sample = ask(self._client, query)
        estimated = sample.total
        if recipe.source.sort == "relevance":
            sizes, earliest = [min(estimated, wanted, MAX_RESULTS)], BEGAN
            before = 0
        else:
            journal = self._journal(recipe, keyword)
            whole = journal.remaining(OVERLAP_SECONDS, self._now())
            sizes, earliest = list(self._sizes(query, whole, journal, wanted)), whole.earliest
            # How many there are in all is asked for before the windows are.
            before = 1
        found = min(sum(sizes), wanted)
        known = settled_photos(self._catalog, recipe, self.name, label, keyword, earliest)
        downloads = max(0, found - known)
        each = mean_bytes(self._catalog, self.name) or _guessed_bytes(sample, recipe)
        return SearchPlan(
            label,
            keyword,
            estimated=estimated,
            windows=len(sizes),
            search_calls=before + sum(max(1, -(-size // PER_PAGE)) for size in sizes),
            downloads=downloads,
            bytes=round(downloads * each),
        )

    def _sizes(self, query: Query, whole: Window, journal: Journal, wanted: int) -> Iterator[int]:
        """Yield how many photos each window holds, and let the journal remember the windows."""
        slicer = Slicer(whole, journal)
        for window in slicer.windows():
            total = count(self._client, replace(query, window=window))
            if total > FULL and window.can_be_halved:
                slicer.cut(window, total)
                continue
            slicer.take(window, total)
            journal.remember(window, total)
            yield total
            wanted -= total
            if wanted <= 0:
                return

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Fetch photos from Flickr's photo host."""
        return self._fetcher().fetch_all(wanted)

    def _journal(self, recipe: Recipe, keyword: str) -> Journal:
        return Journal(self._catalog, self.name, signature(recipe.source), keyword)

    def _now(self) -> int:
        return int(self._clock())


def _guessed_bytes(sample: SearchPage, recipe: Recipe) -> float:
    chosen = [
        by_preference(row.renditions, recipe.source.short_edge_px)[0]
        for row in sample.rows
        if row.renditions
    ]
    pixels = [rendition.width * rendition.height for rendition in chosen]
    return _BYTES_A_PIXEL * sum(pixels) / max(1, len(pixels))
