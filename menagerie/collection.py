"""Collecting: what searches find is recorded, what is allowed is fetched."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from menagerie.catalog.curation import funnel
from menagerie.catalog.database import Catalog
from menagerie.catalog.photos import (
    candidates,
    last_failure,
    record_fetched,
    record_rows,
    searched_keywords,
    settled_files,
)
from menagerie.curation.reasons import Reason
from menagerie.curation.screening import screen
from menagerie.errors import CollectError, EmptySearchError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.renditions import smallest_sufficient
from menagerie.flickr.search import count, search
from menagerie.photos.fetch import Fetcher, Wanted
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe

BATCH = 200
"""Photos in one download task: some seconds of work, a few hundred kilobytes of records."""


def refuse_empty_searches(catalog: Catalog, client: FlickrClient, recipe: Recipe) -> None:
    """Ask whether every keyword that is new to the dataset finds anything.

    Raises:
        EmptySearchError: one does not; nothing was recorded.
    """
    known = searched_keywords(catalog, recipe.name)
    for label, keyword in recipe.searches:
        if (label, keyword) not in known and not count(client, keyword, recipe.source):
            raise EmptySearchError(
                f"The keyword {keyword!r} of the class {label!r} finds no photo"
                f" whose licence permits {' and '.join(recipe.source.uses) or 'anything'}."
                " Correct its spelling in the recipe, or choose another word."
            )


def collect_keyword(
    catalog: Catalog, client: FlickrClient, recipe: Recipe, label: str, keyword: str
) -> int:
    """Search one keyword, record what it finds and return how many photos that were."""
    found = 0
    for rows in search(client, keyword, recipe.source):
        record_rows(catalog, recipe.name, label, keyword, rows)
        found += len(rows)
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the photos of a class that are to be fetched: the `number`-th batch `of` so many."""

    label: str
    number: int
    of: int
    photos: tuple[Wanted, ...]


def plan_downloads(catalog: Catalog, recipe: Recipe) -> list[Batch]:
    """List, in batches, the photos that the recipe allows and that are not settled yet."""
    found = list(candidates(catalog, recipe))
    refused, settled = screen(found, recipe), settled_files(catalog, recipe.name)
    wanted: dict[str, list[Wanted]] = defaultdict(list)
    for photo in found:
        if photo.key in refused or photo.key in settled:
            continue
        rendition = smallest_sufficient(photo.renditions, recipe.source.short_edge_px)
        assert rendition is not None
        wanted[photo.labels[0]].append(Wanted(photo.key, rendition.url, rendition.name))
    return [
        Batch(
            label,
            start // BATCH + 1,
            -(-len(photos) // BATCH),
            tuple(photos[start : start + BATCH]),
        )
        for label, photos in sorted(wanted.items())
        for start in range(0, len(photos), BATCH)
    ]


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


def download(
    catalog: Catalog, fetcher: Fetcher, photos: Sequence[Wanted], advance: Advance = unwatched
) -> int:
    """Fetch photos, recording each lot as it comes; return how many are stored."""
    stored = 0
    for results in fetcher.fetch_all(photos):
        record_fetched(catalog, results)
        stored += sum(result.sha256 is not None for result in results)
        advance(len(results), "")
    return stored
