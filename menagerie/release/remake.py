"""One attempt to make a release: keep some of its files, make the others."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import phashes_of, release_source
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.releases import earlier_sides, judged_photos
from menagerie.catalog.verifying import forgotten_among
from menagerie.errors import ReleaseError
from menagerie.photos.decode import DECODER
from menagerie.photos.row import Side
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import tile_spec
from menagerie.progress import Advance
from menagerie.recipe import Recipe, parse_recipe
from menagerie.release.arrays import write_labels
from menagerie.release.contents import SPLITS, Contents, as_judged, fill, place, shaping
from menagerie.release.origin import read_origin
from menagerie.release.publish import seal, write_around
from menagerie.release.recut import Cutter, Sample
from menagerie.release.rewrite import read_contents
from menagerie.release.tables import write_manifest
from menagerie.release.verifying.inspection import MANIFEST, RECIPE, REJECTED

ARRAYS = frozenset(f"{kind}_{split}.npy" for kind in "xy" for split in SPLITS)
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Sources:
    """What a release can be made from: the catalog, stored photos, tiles, today's recipe."""

    catalog: Catalog
    store: PhotoStore
    home: Path
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
        contents = None
        if not self.keep >= {MANIFEST, REJECTED}:
            contents = self._judged_contents(recipe)
            if MANIFEST not in self.keep:
                write_manifest(self.building / MANIFEST, contents)
        self._refuse_forgotten()
        self._write_arrays(recipe, advance)
        if not self.keep >= self.needed - ARRAYS:
            advance(0, "tables and pages")
            write_around(self.building, contents or self._told_contents())
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

    def _told_contents(self) -> Contents:
        """Read what the release holds from its own tables."""
        catalog = self.sources.catalog
        names = licenses_by_id(catalog, self._source())
        return read_contents(self.building, lambda sha256s: phashes_of(catalog, sha256s), names)

    def _judged_contents(self, recipe: Recipe) -> Contents:
        """Put together what a release would hold that was built now."""
        catalog, source = self.sources.catalog, self._source()
        photos = as_judged(judged_photos(catalog, recipe, tile_spec(recipe.release)))
        split = place(photos, earlier_sides(catalog, recipe.name), recipe)
        contents = fill(photos, split, recipe, source.partition("-")[0])
        return replace(contents, names=licenses_by_id(catalog, source))

    def _source(self) -> str:
        catalog, name = self.sources.catalog, self.sources.recipe.name
        return release_source(catalog, name, self.folder.name) or dataset_source(catalog, name)

    def _refuse_forgotten(self) -> None:
        source = self._source()
        with pq.ParquetFile(self.building / MANIFEST) as manifest:
            for lot in manifest.iter_batches(_ROWS_AT_ONCE, columns=["photo_id", "owner"]):
                owners = {row["photo_id"]: row["owner"] for row in lot.to_pylist()}
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
            sources.home,
            recipe.release,
            decoder,
            afresh=self.afresh,
        )
        for split in SPLITS:
            x, y = f"x_{split}.npy", f"y_{split}.npy"
            if self.keep >= {x, y}:
                continue
            numbers = [recipe.labels.index(label) for label, _ in self._samples(split)]
            if y not in self.keep:
                write_labels(self.building / y, numbers)
            if x not in self.keep:
                samples = (sample for _, sample in self._samples(split))
                cutter.write(self.building / x, samples, len(numbers), advance)

    def _samples(self, split: Side) -> Iterator[tuple[str, Sample]]:
        """Yield the label of each row of a split, and whose it is."""
        columns = ["split", "label", "photo_id", "sha256"]
        with pq.ParquetFile(self.building / MANIFEST) as manifest:
            for lot in manifest.iter_batches(_ROWS_AT_ONCE, columns=columns):
                for row in lot.to_pylist():
                    if row["split"] == split:
                        yield row["label"], Sample(row["photo_id"], row["sha256"])


def _take_array(here: Path, there: Path) -> None:
    """Link an array, which is large, where it only moves; copy it where there will be two."""
    if there.parent.parent == here.parent.parent:
        with suppress(OSError):
            there.hardlink_to(here)
            return
    shutil.copyfile(here, there)
