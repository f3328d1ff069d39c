"""The interface of a source of photos."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from menagerie.photos.fetch import Fetched, Wanted
from menagerie.photos.row import PhotoRow
from menagerie.recipe import Recipe

Search = tuple[str, str]
"""A label and a keyword."""


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What a crawl of one keyword would cost.

    `estimated` is how many photos the source says there are, `windows` into how many parts the
    search is cut, `search_calls` how many calls it takes, `downloads` how many photos it may
    bring, `bytes` their estimated size.
    """

    label: str
    keyword: str
    estimated: int
    windows: int
    search_calls: int
    downloads: int
    bytes: int


class Source(Protocol):
    """Finds photos by keyword, and fetches their files."""

    @property
    def name(self) -> str:
        """Whose photos these are, as the catalog says it: ids are unique within one source."""

    def refuse_empty(self, recipe: Recipe, known: AbstractSet[Search]) -> None:
        """Refuse a recipe with a search that finds nothing; `known` ones brought photos before.

        Raises:
            EmptySearchError: one does not find anything.
        """

    def plan(self, recipe: Recipe, label: str, keyword: str) -> SearchPlan:
        """Tell what the next crawl of a keyword would cost; downloads nothing."""

    def crawl(self, recipe: Recipe, keyword: str) -> Iterator[Sequence[PhotoRow]]:
        """Yield what a keyword finds, or what is new since the last crawl.

        Whoever asks for the next lot has recorded the one before: the source notes it as done.
        """

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Fetch files side by side and yield what came of them, in small lots."""
