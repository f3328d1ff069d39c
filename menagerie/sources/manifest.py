"""A manifest as a source: a table of ids and addresses that somebody else has made."""

import logging
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.fetched import mean_bytes, retry_refused, settled_photos
from menagerie.catalog.searches import Journal
from menagerie.errors import EmptySearchError, InputError
from menagerie.flickr.search import usable_first
from menagerie.photos.fetch import Fetched, Fetcher, Wanted
from menagerie.photos.hosts import host_pattern
from menagerie.photos.row import PhotoRow
from menagerie.recipe import Recipe
from menagerie.settings import Settings, is_loopback
from menagerie.sources.base import Search, SearchPlan
from menagerie.sources.local import in_lots, is_read, journal_of_files
from menagerie.sources.manifest_files import COLUMNS, Manifest, no_rows, open_manifest
from menagerie.sources.manifest_rows import mask, photos

_LOG = logging.getLogger(__name__)
_SHOWN = 5
_MOST_LABELS = 1000
_BYTES_A_PHOTO = 100_000


class ManifestSource:
    """Reads a table of photos; see `menagerie.sources.base.Source`.

    A keyword of a class is a label of the table. Of YFCC100M, whose photos are Flickr's, it is
    a user tag.
    """

    def __init__(
        self,
        recipe: Recipe,
        settings: Settings,
        catalog: Catalog,
        fetcher: Callable[[], Fetcher],
    ) -> None:
        self._path = Path(recipe.source.path)
        self._settings = settings
        self._catalog = catalog
        self._fetcher = fetcher
        self._dataset = recipe.name
        self._is_sound = False

    @property
    def name(self) -> str:
        """Whose photos these are: Flickr's where the manifest is YFCC100M's."""
        return self._settings.source if self._manifest.is_yfcc else f"manifest-{self._dataset}"

    @cached_property
    def _manifest(self) -> Manifest:
        return open_manifest(self._path)

    def refuse_empty(self, recipe: Recipe, known: AbstractSet[Search]) -> None:  # noqa: ARG002
        """Read the manifest once before anything of it is recorded, unless that was done.

        Raises:
            EmptySearchError: a keyword is no label of it.
            InputError: it cannot be read, holds no rows, an id stands twice, or an address may
                not be asked.
        """
        if all(is_read(self._journal(recipe, keyword)) for _, keyword in recipe.searches):
            return
        hashes, found, others = array("q"), Counter[str](), Counter[str]()
        skipped = 0
        for batch in self._manifest.batches(("id", "url", "label")):
            hashes.extend(map(hash, self._ids(batch)))
            chosen = self._chosen(batch, recipe, found)
            skipped += len(batch) - (pc.sum(chosen).as_py() or 0)
            self._refuse_addresses(batch.filter(chosen))
            if len(others) < _MOST_LABELS and not self._manifest.is_yfcc:
                others.update(batch.filter(pc.invert(chosen)).column("label").to_pylist())
        if not hashes:
            raise no_rows(self._path)
        self._refuse_twins(hashes)
        self._refuse_absent(recipe, found, others)
        _LOG.info("%s: %d rows are of no class of the recipe", self._path, skipped)

    def _chosen(
        self, batch: pa.RecordBatch, recipe: Recipe, found: Counter[str]
    ) -> pa.BooleanArray:
        """Tell which rows the recipe asks for, and count them by keyword."""
        chosen = pa.array([False] * len(batch), pa.bool_())
        for _, keyword in recipe.searches:
            hits = mask(batch, keyword, is_yfcc=self._manifest.is_yfcc)
            found[keyword] += pc.sum(hits).as_py() or 0
            chosen = pc.or_(chosen, hits)
        return chosen

    def _refuse_addresses(self, batch: pa.RecordBatch) -> None:
        """Refuse addresses that may not be asked; there are few hosts, whatever the rows."""
        starts = pc.replace_substring_regex(batch.column("url"), r"^([^/]*//[^/]*)(?s:.*)$", r"\1")
        for start in pc.unique(starts).to_pylist():
            if not self._is_allowed(start):
                row = batch.filter(pc.equal(starts, start)).slice(0, 1).to_pylist()[0]
                raise InputError(
                    f"{self._path} names an address that may not be asked: {row['url']!r:.200} of"
                    f" the photo {row['id']!r:.80}. If it is right, add its host to"
                    f" MENAGERIE_PHOTO_HOSTS (now {self._settings.photo_hosts}); it must be https."
                )

    def _is_allowed(self, start: str) -> bool:
        scheme, _, host = start.partition("://")
        if not start or not host_pattern(self._settings.photo_hosts).fullmatch(host.lower()):
            return not start
        # YFCC100M is older than Flickr's https; such an address is asked by https.
        local = is_loopback(host.rpartition(":")[0] or host)
        return scheme == "https" or (scheme == "http" and (local or self._manifest.is_yfcc))

    def _refuse_twins(self, hashes: "array[int]") -> None:
        """Refuse ids that stand twice: 8 bytes a row are kept, and sorted in place."""
        sorted_hashes = np.frombuffer(hashes, np.int64)
        sorted_hashes.sort()
        twins = np.unique(sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]])
        if not len(twins):
            return
        suspects = set(twins[:1000].tolist())
        times: Counter[str] = Counter()
        for batch in self._manifest.batches(("id",)):
            times.update(i for i in self._ids(batch) if hash(i) in suspects)
        doubled = [each for each, n in times.items() if n > 1]
        if doubled:
            shown = ", ".join(f"{each!r:.80}" for each in doubled[:_SHOWN])
            raise InputError(
                f"{self._path} has {len(twins):,} ids that stand more than once, such as {shown}."
                " Leave one row of each."
            )

    def _ids(self, batch: pa.RecordBatch) -> list[str]:
        ids: list[str] = pc.utf8_trim_whitespace(batch.column("id")).to_pylist()
        if not all(ids):
            raise InputError(f"{self._path} has a row without an id. Give every photo one.")
        return ids

    def _refuse_absent(self, recipe: Recipe, found: Counter[str], others: Counter[str]) -> None:
        for label, keyword in recipe.searches:
            if not found[keyword]:
                what = "user tag" if self._manifest.is_yfcc else "label"
                seen = ", ".join(repr(name) for name, _ in others.most_common(_SHOWN))
                raise EmptySearchError(
                    f"No row of {self._path} has the {what} {keyword!r} of the class {label!r}"
                    f"{f' (others are {seen})' if seen else ''}. Correct it in the recipe."
                )

    def crawl(self, recipe: Recipe, keyword: str) -> Iterator[Sequence[PhotoRow]]:
        """Yield the rows of a keyword, unless this manifest was read before."""
        journal = self._journal(recipe, keyword)
        if is_read(journal):
            return
        wanted = recipe.source.photos_per_keyword
        found = 0
        # What another table says may have been wrong in the former one, addresses above all.
        retry_refused(self._catalog, self._dataset)
        journal.begin(0, now())
        for lot in in_lots(self._rows(keyword)):
            kept, wanted = usable_first(lot, recipe.source, wanted)
            found += len(kept)
            yield kept
            if not wanted:
                break
        journal.begin(found, now())
        journal.end()

    def _rows(self, keyword: str) -> Iterator[PhotoRow]:
        is_yfcc = self._manifest.is_yfcc
        for batch in self._manifest.batches((*COLUMNS, "marker")):
            yield from photos(batch.filter(mask(batch, keyword, is_yfcc=is_yfcc)), is_yfcc=is_yfcc)

    def plan(self, recipe: Recipe, label: str, keyword: str) -> SearchPlan:
        """Count the rows of a keyword; they cost no call.

        Raises:
            EmptySearchError, InputError: a crawl would refuse the manifest, see `refuse_empty`.
        """
        if not self._is_sound:
            self.refuse_empty(recipe, frozenset())
            self._is_sound = True
        there = sum(
            pc.sum(mask(batch, keyword, is_yfcc=self._manifest.is_yfcc)).as_py() or 0
            for batch in self._manifest.batches(("label",))
        )
        known = settled_photos(self._catalog, recipe, self.name, label, keyword, 0)
        downloads = max(0, min(there, recipe.source.photos_per_keyword) - known)
        each = mean_bytes(self._catalog, self.name) or _BYTES_A_PHOTO
        return SearchPlan(label, keyword, there, 1, 0, downloads, round(downloads * each))

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Fetch photos from where the manifest says they are."""
        return self._fetcher().fetch_all(wanted)

    def _journal(self, recipe: Recipe, keyword: str) -> Journal:
        return journal_of_files(self._catalog, self.name, recipe, keyword, [self._path])
