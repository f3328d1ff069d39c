"""Collecting: what searches find is recorded, what is allowed is fetched."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog
from menagerie.catalog.fetched import last_failure, record_fetched, renditions_of, unstored
from menagerie.catalog.photos import candidates, record_rows
from menagerie.curation.reasons import Reason
from menagerie.curation.screening import screen
from menagerie.errors import CollectError
from menagerie.flickr.renditions import by_preference
from menagerie.photos.fetch import Wanted
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe
from menagerie.sources.base import Source

BATCH = 4000
"""Photos in one download task: each costs a flow and its server a tenth of a second."""

_ROWS_AT_ONCE = 1000
"""Rows in one transaction: each is held twice while it is recorded."""


def collect_keyword(
    catalog: Catalog,
    source: Source,
    recipe: Recipe,
    label: str,
    keyword: str,
    advance: Advance = unwatched,
) -> int:
    """Crawl one keyword, record what it finds and return how many photos that were."""
    found = 0
    for rows in source.crawl(recipe, keyword):
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            lot = rows[start : start + _ROWS_AT_ONCE]
            found += record_rows(catalog, source.name, recipe.name, label, keyword, lot)
        advance(0, f"{keyword}: {found:,} photos")
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the photos of a class that are to be fetched: the `number`-th batch `of` so many."""

    label: str
    number: int
    of: int
    keys: Sequence[int]


def plan_downloads(catalog: Catalog, recipe: Recipe, size: int = BATCH) -> list[Batch]:
    """List, in batches, the photos that the recipe allows and that are still to be fetched."""
    wanted: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for photo, objection in screen(candidates(catalog, recipe), recipe):
        if objection is None and photo.due:
            wanted[photo.labels[0]].append(photo.key)
    return [
        Batch(label, start // size + 1, -(-len(keys) // size), keys[start : start + size])
        for label, keys in sorted(wanted.items())
        for start in range(0, len(keys), size)
    ]


def download(
    catalog: Catalog,
    source: Source,
    recipe: Recipe,
    keys: Sequence[int],
    advance: Advance = unwatched,
) -> int:
    """Fetch photos, recording each lot as it comes; return how many are stored.

    Those that were stored meanwhile are not fetched again: a batch that was under way when its
    worker was lost is given to another one.
    """
    keys = unstored(catalog, keys)
    wanted = [
        Wanted(key, tuple(by_preference(renditions, recipe.source.short_edge_px)))
        for key, renditions in renditions_of(catalog, keys).items()
    ]
    stored = 0
    for results in source.fetch_all(wanted):
        record_fetched(catalog, results)
        stored += sum(result.sha256 is not None for result in results)
        advance(len(results), "")
    return stored


def refuse_many_failures(catalog: Catalog, recipe: Recipe) -> None:
    """Keep an outage of the photo host from passing for a smaller dataset.

    Raises:
        CollectError: more photos failed for now than the recipe admits.
    """
    counts = funnel(catalog, recipe)
    failed = sum(n for (_, reason), n in counts.items() if reason is Reason.DOWNLOAD_FAILED)
    found = sum(counts.values())
    if failed > recipe.source.max_failed_share * found:
        raise CollectError(
            f"The photo host failed for {failed:,} of {found:,} photos of {recipe.name}, more than"
            f" source.max_failed_share = {recipe.source.max_failed_share:g} admits; it said:"
            f" {last_failure(catalog, recipe)} What was fetched is kept; run the same command"
            " again later."
        )
