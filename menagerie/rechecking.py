"""Rechecking: which photos were removed, went private, changed their licence or opted out.

A search shows up to 500 photos a call, `flickr.photos.getInfo` one. So the searches are made
again wherever they show more of the watched photos than they take calls, and what they do not
show is asked for one by one.
"""

import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.photos import candidates, dataset_source, record_rows
from menagerie.catalog.rechecks import (
    Watch,
    earlier_reasons,
    found_by,
    known_among,
    mark_gone,
    record_info,
    unseen_photos,
    unseen_uploads,
)
from menagerie.catalog.searches import Journal
from menagerie.curation.reasons import Reason
from menagerie.curation.screening import screen
from menagerie.errors import CallError, FlickrError, MissingReleaseError
from menagerie.flickr.client import FlickrClient
from menagerie.flickr.parsers import parse_photo_info
from menagerie.flickr.refusals import NOT_FOUND, PRIVATE
from menagerie.flickr.search import PER_PAGE, crowd, pages, query_of, signature, within
from menagerie.flickr.windows import FULL, MAX_RESULTS
from menagerie.photos.row import PhotoRow
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe
from menagerie.release.current import current_release
from menagerie.release.tables import read_photo_ids


def begin(catalog: Catalog, recipe: Recipe, source: str) -> Watch:
    """Begin a recheck: what was last seen before now is looked for.

    Raises:
        CallError: the dataset's photos cannot be rechecked there, or there are none.
    """
    if recipe.source.kind != "flickr":
        raise CallError(
            f"Photos of the source {recipe.source.kind!r} cannot be rechecked: only Flickr tells"
            " what became of a photo."
        )
    held = dataset_source(catalog, recipe.name)
    if not held:
        raise CallError(
            f"{recipe.name} holds no photos yet. Run `menagerie collect {recipe.name}` first."
        )
    if held != source:
        raise CallError(
            f"{recipe.name} holds photos of {held!r}, and the settings point to {source!r}."
            " Set MENAGERIE_FLICKR_URL to where they come from."
        )
    # The catalog tells seconds: what was seen within this one was seen before.
    since = now() + 1
    time.sleep(max(0.0, since - time.time()))
    return Watch(recipe, held, since)


def search_again(
    catalog: Catalog,
    client: FlickrClient,
    watch: Watch,
    label: str,
    keyword: str,
    advance: Advance = unwatched,
) -> int:
    """Search a keyword again where that is worth its calls; return how many photos it showed.

    Only photos that the keyword brought before are recorded: what is new is for a collect.
    """
    newest = watch.recipe.source.sort != "relevance"
    lots = _windows_again if newest else _best_again
    shown = 0
    for rows in lots(catalog, client, watch, label, keyword):
        known = known_among(catalog, watch, label, keyword, [row.photo_id for row in rows])
        kept = [row for row in rows if row.photo_id in known]
        shown += record_rows(catalog, watch.source, watch.recipe.name, label, keyword, kept)
        advance(0, f"{keyword}: {shown:,} photos seen")
    return shown


def _windows_again(
    catalog: Catalog, client: FlickrClient, watch: Watch, label: str, keyword: str
) -> Iterator[Sequence[PhotoRow]]:
    """Yield what the remembered windows show that hold more watched photos than take calls."""
    query = query_of(keyword, watch.recipe.source)
    journal = Journal(catalog, watch.source, signature(watch.recipe.source), keyword)
    uploads = unseen_uploads(catalog, watch, label, keyword)
    for window, total in journal.windows():
        calls = max(1, -(-total // PER_PAGE))
        if bisect_right(uploads, window.latest) - bisect_left(uploads, window.earliest) <= calls:
            continue
        windowed = replace(query, window=window)
        for rows in crowd(client, windowed) if total > FULL else pages(client, windowed):
            yield within(rows, window)


def _best_again(
    catalog: Catalog, client: FlickrClient, watch: Watch, label: str, keyword: str
) -> Iterator[Sequence[PhotoRow]]:
    """Yield pages of the most relevant photos for as long as they show enough of the watched."""
    found = min(found_by(catalog, watch, label, keyword), MAX_RESULTS)
    unseen = len(unseen_uploads(catalog, watch, label, keyword))
    if unseen <= max(1, -(-found // PER_PAGE)):
        return
    for rows in pages(client, query_of(keyword, watch.recipe.source)):
        yield rows
        # Whoever took the rows has recorded them.
        before, unseen = unseen, len(unseen_uploads(catalog, watch, label, keyword))
        if unseen <= 1 or before - unseen <= 1:
            return


def ask_one_by_one(
    catalog: Catalog,
    client: FlickrClient,
    watch: Watch,
    photo_ids: Iterable[str],
    advance: Advance = unwatched,
) -> int:
    """Ask what became of photos, note it, and return how many of them are gone.

    Raises:
        FlickrError: see `FlickrClient.call`.
    """
    gone = 0
    for photo_id in photo_ids:
        try:
            info = client.call("photos.getInfo", parse_photo_info, photo_id=photo_id)
        except FlickrError as error:
            if error.code not in {NOT_FOUND, PRIVATE}:
                raise
            mark_gone(catalog, watch.source, photo_id)
            gone += 1
        else:
            record_info(catalog, watch.source, photo_id, info)
        advance(1, f"{gone:,} gone")
    return gone


def unseen(catalog: Catalog, watch: Watch) -> list[str]:
    """Return the ids of the watched photos that no search has shown."""
    return unseen_photos(catalog, watch)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a recheck found.

    `drops` are the photos of the current release that the next one will leave out, by reason;
    `others` counts, by reason, photos that can no longer be used and stand in no release.
    """

    dataset: str
    release: str | None
    asked: int
    drops: dict[Reason, list[str]] = field(default_factory=dict)
    others: dict[Reason, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie recheck --json`."""
        return {
            "dataset": self.dataset,
            "release": self.release,
            "asked": self.asked,
            "drops": {reason.value: ids for reason, ids in self.drops.items()},
            "others": {reason.value: n for reason, n in self.others.items()},
        }


def findings(catalog: Catalog, recipe: Recipe, dataset_dir: Path, asked: int) -> Findings:
    """Tell what the next release will drop, before the photos are judged anew."""
    try:
        release = current_release(dataset_dir)
        released = read_photo_ids(release / "manifest.parquet")
    except MissingReleaseError:
        release, released = None, set()
    before = earlier_reasons(catalog, recipe.name)
    drops: dict[Reason, list[str]] = defaultdict(list)
    others: dict[Reason, int] = defaultdict(int)
    for photo, reason in screen(candidates(catalog, recipe), recipe):
        if reason is not None and photo.photo_id in released:
            drops[reason].append(photo.photo_id)
        elif reason is not None and before.get(photo.key, reason) != reason:
            others[reason] += 1
    return Findings(
        recipe.name,
        release.name if release else None,
        asked,
        {reason: sorted(drops[reason]) for reason in Reason if reason in drops},
        {reason: others[reason] for reason in Reason if reason in others},
    )
