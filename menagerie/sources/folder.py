"""A folder of photos as a source: one sub-folder a class, the given split kept."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path

from menagerie.catalog.database import Catalog
from menagerie.catalog.fetched import settled_photos
from menagerie.catalog.presence import mark_missing
from menagerie.flickr.search import usable_first
from menagerie.photos.fetch import Fetched, Wanted
from menagerie.photos.row import PhotoRow, Rendition, Side
from menagerie.recipe import Recipe
from menagerie.sources.base import Search, SearchPlan
from menagerie.sources.layout import Layout, find_layout, readable
from menagerie.sources.local import Adopter, in_lots, in_turn, read_file, size_of


class FolderSource:
    """Finds the files of sub-folders; see `menagerie.sources.base.Source`.

    Nobody says whose the photos are: their owner is empty. Every file that is not hidden is a
    photo, so that one that cannot be decoded is counted among the rejected.
    """

    def __init__(self, recipe: Recipe, catalog: Catalog, adopter: Callable[[], Adopter]) -> None:
        self.name = f"folder-{recipe.name}"
        self._root = Path(recipe.source.path)
        self._catalog = catalog
        self._adopter = adopter

    @cached_property
    def _layout(self) -> Layout:
        return find_layout(self._root)

    def refuse_empty(self, recipe: Recipe, known: AbstractSet[Search]) -> None:  # noqa: ARG002
        """Refuse a folder that lacks a class, be it new or known: a disk may be missing.

        Raises:
            EmptySearchError: a class has no photos.
            InputError: there is no such folder, or no sub-folder in it.
        """
        for label, keyword in recipe.searches:
            self._layout.refuse_absent(label, keyword)

    def crawl(self, recipe: Recipe, keyword: str) -> Iterator[Sequence[PhotoRow]]:
        """Yield the files of a class; what was found before and is gone is marked so."""
        wanted = recipe.source.photos_per_keyword
        license = recipe.source.license
        rows = (_row(each, side, license) for each, side in self._photos(keyword))
        for lot in in_lots(rows):
            kept, wanted = usable_first(lot, recipe.source, wanted)
            yield kept
            if not wanted:
                break
        mark_missing(self._catalog, self.name, recipe.name, keyword, self._is_there)

    def _photos(self, keyword: str) -> Iterator[tuple[str, Side | None]]:
        """Yield the files of a class, from each side in turn: perhaps not all are wanted."""
        layout = self._layout
        return in_turn([Layout(layout.root, (part,)).photos(keyword) for part in layout.parts])

    def _is_there(self, address: str) -> bool:
        file = self._layout.file(address)
        return file.exists() or file.is_symlink()

    def plan(self, recipe: Recipe, label: str, keyword: str) -> SearchPlan:
        """Count the files of a class; they cost no call."""
        sizes = [size_of(self._layout.file(address)) for address, _ in self._photos(keyword)]
        found = min(len(sizes), recipe.source.photos_per_keyword)
        known = settled_photos(self._catalog, recipe, self.name, label, keyword, 0)
        downloads = max(0, found - known)
        each = sum(sizes) / max(1, len(sizes))
        return SearchPlan(label, keyword, len(sizes), 1, 0, downloads, round(downloads * each))

    def fetch_all(self, wanted: Sequence[Wanted]) -> Iterator[list[Fetched]]:
        """Copy files into the photo store."""
        return self._adopter().adopt_all(
            wanted, lambda address: read_file(self._layout.file(address))
        )


def _row(address: str, side: Side | None, license: str) -> PhotoRow:
    path = readable(address)
    return PhotoRow(
        photo_id=path,
        owner="",
        owner_name="",
        title=path.rpartition("/")[2],
        license=license,
        tags="",
        media="photo",
        uploaded_at=0,
        taken_at="",
        page_url="",
        renditions=(Rendition("file", address, 0, 0),),
        given_side=side,
    )
