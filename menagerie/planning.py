"""What a crawl would cost, before it is made."""

from dataclasses import asdict, dataclass
from typing import Any

from menagerie.catalog.budget import CALLS_AN_HOUR
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe
from menagerie.sources.base import SearchPlan, Source


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """The plans of all searches of a dataset."""

    dataset: str
    searches: tuple[SearchPlan, ...]

    @property
    def search_calls(self) -> int:
        """Calls of all searches together."""
        return sum(search.search_calls for search in self.searches)

    @property
    def downloads(self) -> int:
        """Photos of all searches together, at most."""
        return sum(search.downloads for search in self.searches)

    @property
    def bytes(self) -> int:
        """Bytes of all downloads together, estimated."""
        return sum(search.bytes for search in self.searches)

    @property
    def minutes(self) -> float:
        """How long the calls take when they are spread over the hourly budget."""
        return self.search_calls * 60 / CALLS_AN_HOUR

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie plan --json`."""
        return {
            "dataset": self.dataset,
            "keywords": [asdict(search) for search in self.searches],
            "search_calls": self.search_calls,
            "downloads": self.downloads,
            "bytes": self.bytes,
            "minutes": round(self.minutes, 2),
        }


def plan_crawl(source: Source, recipe: Recipe, advance: Advance = unwatched) -> CrawlPlan:
    """Plan the next crawl of every keyword; nothing is downloaded.

    Raises:
        FlickrError: the source refuses, or cannot be reached.
    """
    plans = []
    for label, keyword in recipe.searches:
        plans.append(source.plan(recipe, label, keyword))
        advance(1, keyword)
    return CrawlPlan(recipe.name, tuple(plans))
