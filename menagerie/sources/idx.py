"""MNIST's files as a source: each image is a photo, its number's text the keyword."""

import io
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.fetched import settled_photos
from menagerie.errors import EmptySearchError
from menagerie.flickr.search import usable_first
from menagerie.photos.fetch import Fetched, Wanted
from menagerie.photos.row import PhotoRow, Rendition
from menagerie.recipe import Recipe
from menagerie.sources.base import Search, SearchPlan
from menagerie.sources.idx_files import SETS, Set, idx_files, read_set
from menagerie.sources.local import Adopter, in_lots, in_turn, is_read, journal_of_files

_BYTES_AN_IMAGE = 300


class IdxSource:
    """Reads images and their classes; see `menagerie.sources.base.Source`."""

    def __init__(self, recipe: Recipe, catalog: Catalog, adopter: Callable[[], Adopter]) -> None:
        self.name = f"idx-{recipe.name}"
        self._folder = Path(recipe.source.path)
        self._catalog = catalog
        self._adopter = adopter
        # Two threads may read a file twice; that costs some time and nothing else.
        self._set = cache(lambda name: read_set(idx_files(self._folder), name))

    def refuse_empty(self, recipe: Recipe, known: AbstractSet[Search]) -> None:  # noqa: ARG002
        """Refuse a class that has no images.

        Raises:
            EmptySearchError: a keyword is no number of a class.
            InputError: a file is absent or is no such file.
        """
        there = np.unique(np.concatenate([self._read(name).labels for name in SETS])).tolist()
        for label, keyword in recipe.searches:
            if keyword not in {str(number) for number in there}:
                raise EmptySearchError(
                    f"The keyword {keyword!r} of the class {label!r} is no class of"
                    f" {self._folder}, whose classes are {', '.join(map(str, there))}. Correct it"
                    " in the recipe."
                )

    def _read(self, name: str) -> Set:
        return self._set(name)

    def crawl(self, recipe: Recipe, keyword: str) -> Iterator[Sequence[PhotoRow]]:
        """Yield the images of a class, unless these files were read before."""
        files = list(idx_files(self._folder).values())
        journal = journal_of_files(self._catalog, self.name, recipe, keyword, files)
        if is_read(journal):
            return
        wanted = recipe.source.photos_per_keyword
        # From both sides in turn: perhaps not all are wanted.
        rows = in_turn([self._rows(name, keyword, recipe.source.license) for name in SETS])
        journal.begin(min(self._count(keyword), wanted), now())
        for lot in in_lots(rows):
            kept, wanted = usable_first(lot, recipe.source, wanted)
            yield kept
            if not wanted:
                break
        journal.end()

    def _rows(self, name: str, keyword: str, license: str) -> Iterator[PhotoRow]:
        images, labels = self._read(name).images, self._read(name).labels
        height, width = images.shape[1:]
        for place in np.flatnonzero(labels == int(keyword)).tolist():
            yield PhotoRow(
                photo_id=f"{name}-{place:06}",
                owner="",
                owner_name="",
                title=f"{name} image {place}",
                license=license,
                tags="",
                media="photo",
                uploaded_at=0,
                taken_at="",
                page_url="",
                renditions=(Rendition("image", f"{name}/{place}", width, height),),
                given_side=SETS[name],
            )

    def _count(self, keyword: str) -> int:
        return sum(int((self._read(name).labels == int(keyword)).sum()) for name in SETS)

    def plan(self, recipe: Recipe, label: str, keyword: str) -> SearchPlan:
        """Count the images of a class; they cost no call."""
        there = self._count(keyword)
        known = settled_photos(self._catalog, recipe, self.name, label, keyword, 0)
        downloads = max(0, min(there, recipe.source.photos_per_keyword) - known)
        return SearchPlan(label, keyword, there, 1, 0, downloads, downloads * _BYTES_AN_IMAGE)

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Write images as PNG files into the photo store."""
        return self._adopter().adopt_all(wanted, self._png)

    def _png(self, address: str) -> bytes:
        name, _, place = address.partition("/")
        out = io.BytesIO()
        Image.fromarray(np.asarray(self._read(name).images[int(place)])).save(out, "PNG")
        return out.getvalue()
