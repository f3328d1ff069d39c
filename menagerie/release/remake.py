"""One attempt to make a release: keep some of its files, make the others."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import release_source
from menagerie.catalog.judged import JudgedPhotos
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.verifying import forgotten_among
from menagerie.errors import ReleaseError
from menagerie.photos.decode import DECODER
from menagerie.photos.row import Side
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import tile_spec
from menagerie.progress import Advance
from menagerie.recipe import Recipe, parse_recipe
from menagerie.release.contents import choose, shaping
from menagerie.release.current import ARRAYS
from menagerie.release.origin import origin_of, read_origin
from menagerie.release.proof import search
from menagerie.release.publish import write_around, write_class_numbers
from menagerie.release.recut import Cutter, Sample
from menagerie.release.sealing import seal
from menagerie.release.split import SPLITS
from menagerie.release.tables import MANIFEST, RECIPE, REJECTED, batches_of, rows_of, write_tables


@dataclass(frozen=True, slots=True)
class Sources:
    """What a release can be made from: the catalog, stored photos, tiles, today's recipe."""

    catalog: Catalog
    store: PhotoStore
    blocks: Path | str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Attempt:
    """Makes the release of `folder` in the folder `building`.

    `keep` names the files that are taken over, `needed` all that there must be. Samples are cut
    `afresh` from photos, or copied from tiles where there are any.
    """

    sources: Sources
    folder: Path
    building: Path
    keep: frozenset[str]
    needed: frozenset[str]
    afresh: bool

    def make(self, advance: Advance) -> None:
        """Make all files, and their checksums.

        Raises:
            ReleaseError: photos are lost, or were to be forgotten.
            OSError, ValueError: a file that is kept is damaged.
        """
        self._take_over()
        recipe = self._recipe()
        if not self.keep >= {MANIFEST, REJECTED}:
            self._write_tables(recipe)
            self._take_over()
        self._refuse_forgotten()
        self._write_arrays(recipe, advance)
        if not self.keep >= self.needed - ARRAYS:
            advance(0, "tables and pages")
            names = licenses_by_id(self.sources.catalog, self._source())
            leaks = search(self.building, recipe, self.sources.catalog)
            write_around(self.building, recipe, names, leaks)
            self._take_over()
        advance(0, "checksums")
        seal(self.building)

    def _take_over(self) -> None:
        for name in self.keep:
            here, there = self.folder / name, self.building / name
            if name not in ARRAYS:
                shutil.copyfile(here, there)
            elif not there.exists():
                _take_array(here, there)

    def _recipe(self) -> Recipe:
        path = self.building / RECIPE
        if RECIPE not in self.keep:
            path.write_text(shaping(self.sources.recipe).to_toml(), encoding="utf-8")
        return parse_recipe(path.read_text(encoding="utf-8"), str(path))

    def _write_tables(self, recipe: Recipe) -> None:
        """Write the tables that a release would have that was built now."""
        catalog, source, spec = self.sources.catalog, self._source(), tile_spec(recipe.release)
        with catalog.begin() as connection:
            judged = JudgedPhotos(connection, recipe, spec, source)
            contents = choose(judged.contenders(), recipe, source.partition("-")[0])
            write_tables(self.building, contents, judged, origin_of(recipe))

    def _source(self) -> str:
        catalog, name = self.sources.catalog, self.sources.recipe.name
        return release_source(catalog, name, self.folder.name) or dataset_source(catalog, name)

    def _refuse_forgotten(self) -> None:
        source = self._source()
        for batch in batches_of(self.building / MANIFEST, "photo_id", "owner"):
            owners = {row["photo_id"]: row["owner"] for row in batch.to_pylist()}
            if forgotten_among(self.sources.catalog, source, owners):
                raise ReleaseError(
                    f"The release {self.folder.name} holds photos that were to be forgotten;"
                    " it is not made anew. Nothing was changed."
                )

    def _write_arrays(self, recipe: Recipe, advance: Advance) -> None:
        sources = self.sources
        decoder = read_origin(self.building / MANIFEST).decoder or DECODER
        cutter = Cutter(
            sources.catalog,
            sources.store,
            sources.blocks,
            recipe.release,
            decoder,
            afresh=self.afresh,
        )
        for split in SPLITS:
            x = f"x_{split}.npy"
            if x not in self.keep:
                count = sum(1 for _ in self._samples(split))
                cutter.write(self.building / x, self._samples(split), count, advance)
        if not self.keep >= {f"y_{split}.npy" for split in SPLITS}:
            write_class_numbers(self.building, recipe)

    def _samples(self, split: Side) -> Iterator[Sample]:
        """Yield whose the rows of a split are."""
        for row in rows_of(self.building / MANIFEST, "split", "photo_id", "sha256"):
            if row["split"] == split:
                yield Sample(row["photo_id"], row["sha256"])


def _take_array(here: Path, there: Path) -> None:
    """Link an array, which is large, where it only moves; copy it where there will be two."""
    if there.parent.parent == here.parent.parent:
        with suppress(OSError):
            there.hardlink_to(here)
            return
    shutil.copyfile(here, there)
