"""Openverse as a source: Flickr's free photos by keyword, without a key."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from menagerie.catalog.database import Catalog
from menagerie.catalog.fetched import mean_bytes, settled_photos
from menagerie.catalog.searches import Journal
from menagerie.errors import EmptySearchError
from menagerie.flickr.search import usable_first
from menagerie.licenses import permitted
from menagerie.photos.fetch import Fetched, Fetcher, Wanted
from menagerie.photos.row import PhotoRow
from menagerie.recipe import Recipe
from menagerie.sources.base import Search, SearchPlan
from menagerie.sources.openverse_api import DEEPEST, PAGE_SIZE, OpenverseClient
from menagerie.sources.openverse_results import Results, name_of

ASK_AGAIN_SECONDS = 6 * 86_400
"""Openverse renews its index about once a week: until then its answers are the same, and a day's
200 calls are for other keywords."""

_BYTES_A_PHOTO = 30_000
"""Of Flickr's 320 px, before the first photo is stored."""


class OpenverseSource:
    """Searches Openverse by keyword; see `menagerie.sources.base.Source`."""

    def __init__(
        self,
        name: str,
        client: OpenverseClient,
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
        self._first: dict[tuple[str, tuple[str, ...]], Results] = {}

    def refuse_empty(self, recipe: Recipe, known: AbstractSet[Search]) -> None:
        """Ask whether every keyword that is new finds anything.

        Raises:
            EmptySearchError: one does not; nothing was recorded.
            OpenverseError: see `OpenverseClient.search`.
        """
        for label, keyword in recipe.searches:
            if (label, keyword) in known:
                continue
            first = self._first_page(recipe, keyword)
            if not first.total:
                raise EmptySearchError(
                    f"Openverse knows no photo of Flickr for the keyword {keyword!r} of the class"
                    f" {label!r} whose licence permits"
                    f" {' and '.join(recipe.source.uses) or 'anything'}. Correct its spelling in"
                    " the recipe, or choose another word."
                )

    def crawl(self, recipe: Recipe, keyword: str) -> Iterator[Sequence[PhotoRow]]:
        """Yield page after page, from where the last crawl was cut off.

        A search whose last crawl came to its end within six days is not asked again.

        Raises:
            OpenverseError: see `OpenverseClient.search`.
        """
        journal, now = self._journal(recipe, keyword), int(self._clock())
        progress, last = journal.read(), 0
        if progress is not None and now - (progress.covered_until or 0) < ASK_AGAIN_SECONDS:
            return
        wanted = recipe.source.photos_per_keyword
        if (
            progress is not None
            and progress.reached
            and now - (progress.started_at or 0) < ASK_AGAIN_SECONDS
        ):
            # Openverse is asked for usable licences alone: but for a few owners who opted out,
            # what came before was usable. Beyond what there was in all is no page to ask for.
            last = progress.reached
            wanted = min(wanted, progress.estimate) - PAGE_SIZE * last
        if not last:
            first = self._first_page(recipe, keyword)
            journal.begin(min(first.total, wanted, DEEPEST), now)
        for page, lot in self._pages(recipe, keyword, last + 1) if wanted > 0 else ():
            rows, wanted = usable_first(lot, recipe.source, wanted)
            yield rows
            journal.turn(page)
            if wanted <= 0:
                break
        journal.end()

    def _pages(
        self, recipe: Recipe, keyword: str, start: int
    ) -> Iterator[tuple[int, Sequence[PhotoRow]]]:
        """Yield the pages that there are, each photo once, from the `start`-th on."""
        seen: set[str] = set()
        for page in range(start, DEEPEST // PAGE_SIZE + 1):
            if page == 1:
                results = self._first_page(recipe, keyword)
                del self._first[keyword, _licenses(recipe)]
            else:
                results = self._client.search(keyword, _licenses(recipe), page)
            rows = {row.photo_id: row for row in results.rows if row.photo_id not in seen}
            seen.update(rows)
            yield page, list(rows.values())
            if page >= results.pages:
                return

    def _first_page(self, recipe: Recipe, keyword: str) -> Results:
        asked = (keyword, _licenses(recipe))
        if asked not in self._first:
            self._first[asked] = self._client.search(*asked, 1)
        return self._first[asked]

    def plan(self, recipe: Recipe, label: str, keyword: str) -> SearchPlan:
        """Tell what the next crawl of a keyword would cost, by one call."""
        first = self._first_page(recipe, keyword)
        found = min(first.total, recipe.source.photos_per_keyword, DEEPEST)
        known = settled_photos(self._catalog, recipe, self.name, label, keyword, 0)
        downloads = max(0, found - known)
        each = mean_bytes(self._catalog, self.name) or _BYTES_A_PHOTO
        return SearchPlan(
            label,
            keyword,
            estimated=first.total,
            windows=1,
            search_calls=max(1, -(-found // PAGE_SIZE)),
            downloads=downloads,
            bytes=round(downloads * each),
        )

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Fetch photos from Flickr's photo host."""
        return self._fetcher().fetch_all(wanted)

    def _journal(self, recipe: Recipe, keyword: str) -> Journal:
        label = {word: label for label, word in recipe.searches}[keyword]
        wanted = recipe.source.photos_per_keyword
        asked = ["openverse", recipe.name, label, _licenses(recipe), wanted]
        query = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
        return Journal(self._catalog, self.name, query, keyword)


def _licenses(recipe: Recipe) -> tuple[str, ...]:
    """Return what Openverse calls the licences that a recipe can use; () for any."""
    if not recipe.source.uses:
        return ()
    names = {name_of(license) for license in permitted(frozenset(recipe.source.uses))}
    return tuple(sorted(name for name in names if name))
