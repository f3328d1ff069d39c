"""Building a release in a folder of its own and publishing it in one step."""

import hashlib
import json
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from menagerie import __version__
from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import release_source
from menagerie.catalog.judged import JudgedPhotos
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.releases import (
    record_bridges,
    record_release,
    record_sides,
    release_of_inputs,
)
from menagerie.curation.reasons import Reason
from menagerie.errors import ReleaseError
from menagerie.folders import point
from menagerie.licenses import License
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.recipe import Recipe
from menagerie.release.arrays import write_images, write_labels
from menagerie.release.card import write_pages
from menagerie.release.contents import Contents, choose, shaping, without
from menagerie.release.credits import license_of, write_credits, write_credits_pages
from menagerie.release.guards import refuse_drop
from menagerie.release.origin import origin_of
from menagerie.release.places import Places
from menagerie.release.proof import Leaks, find_leaks, later_of, near_duplicates_across
from menagerie.release.sealing import (
    digest_of,
    is_whole,
    put_in_place,
    seal,
    unfinished_folder,
)
from menagerie.release.split import SPLITS
from menagerie.release.tables import (
    MANIFEST,
    RECIPE,
    REJECTED,
    read_distinct,
    rows_of,
    write_tables,
)


def publish_release(
    catalog: Catalog,
    recipe: Recipe,
    dataset_dir: Path,
    blocks: Path | str,
    *,
    allow_drop: bool = False,
) -> Path:
    """Build a release of what is judged, publish it and return its folder.

    `blocks` is where the tiles lie: a home, or the URL of a store.
    What is published already, and whole, is not built again; what is damaged is built anew in
    its place. `current` points to the result.

    Raises:
        ReleaseError: there are too few photos, or, unless `allow_drop`, far fewer than before;
            the last release stays current.
    """
    releases, source = dataset_dir / "releases", dataset_source(catalog, recipe.name)
    names = licenses_by_id(catalog, source)
    with unfinished_folder(releases) as folder:
        build = _Build(catalog, recipe, source, blocks, folder)
        contents = build.choose()
        last = None if allow_drop else _measure(catalog, source, dataset_dir)
        refuse_drop(contents, last)
        record_sides(catalog, recipe.name, contents.sides)
        places = build.write_tables(contents)
        inputs = inputs_of(folder, recipe, names)
        known = release_of_inputs(catalog, recipe.name, inputs)
        if known is None or not is_whole(releases / known):
            leaks = build.write_arrays(contents, places, last)
            write_around(folder, recipe, names, leaks)
            known = seal(folder)
            put_in_place(folder, releases / known)
            record_release(catalog, recipe.name, known, inputs)
    bridges = rows_of(releases / known / REJECTED, "photo_id", "reason")
    record_bridges(
        catalog,
        recipe.name,
        [row["photo_id"] for row in bridges if row["reason"] == Reason.BRIDGES_SPLIT],
    )
    point(dataset_dir / "current", Path("releases") / known)
    return releases / known


def _measure(catalog: Catalog, source: str, dataset_dir: Path) -> Path | None:
    """Return the release that the next one is measured by."""
    last = dataset_dir / "current"
    # The catalog tells one sandbox from another; of another home's releases it knows nothing.
    its_source = release_source(catalog, dataset_dir.name, last.resolve().name)
    return last if its_source in {source, None} else None


@dataclass(frozen=True, slots=True)
class _Build:
    """Builds tables and arrays of a release in a folder."""

    catalog: Catalog
    recipe: Recipe
    source: str
    blocks: Path | str
    folder: Path

    @contextmanager
    def _judged(self) -> Iterator[JudgedPhotos]:
        with self.catalog.begin() as connection:
            spec = tile_spec(self.recipe.release)
            yield JudgedPhotos(connection, self.recipe, spec, self.source)

    def choose(self) -> Contents:
        with self._judged() as judged:
            return choose(judged.contenders(), self.recipe, self.source.partition("-")[0])

    def write_tables(self, contents: Contents) -> dict[str, Places]:
        with self._judged() as judged:
            return write_tables(self.folder, contents, judged, origin_of(self.recipe))

    def write_arrays(
        self, contents: Contents, places: Mapping[str, Places], last: Path | None
    ) -> Leaks:
        """Write arrays in which nothing stands on both sides; say so.

        Owners and groups do not cross, by the way sides are given. What shows the same picture
        all the same, as the samples themselves tell, is left out, and tables and arrays are
        written once more.
        """
        recipe, tiles = self.recipe, TileStore(self.blocks, tile_spec(self.recipe.release))
        radius = recipe.curation.near_duplicate_bits
        while True:
            _write_arrays(self.folder, recipe, places, tiles)
            pairs = near_duplicates_across(self.folder, radius, self.catalog)
            if not len(pairs):
                return find_leaks(self.folder, pairs)
            contents = without(contents, later_of(self.folder, pairs))
            refuse_drop(contents, last)
            places = self.write_tables(contents)


def inputs_of(folder: Path, recipe: Recipe, names: Mapping[str, License]) -> str:
    """Hash everything that the bytes of a release follow from, once its tables are written."""
    used = read_distinct(folder / MANIFEST, "license")
    renamed = {name: license_of(name, names) for name in sorted(used)}
    document = [
        __version__,
        shaping(recipe).model_dump(mode="json"),
        [digest_of(folder / name) for name in (MANIFEST, REJECTED)],
        [[name, license.name, license.url] for name, license in renamed.items()],
    ]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def _write_arrays(
    folder: Path, recipe: Recipe, places: Mapping[str, Places], tiles: TileStore
) -> None:
    missing = sum(each.missing for each in places.values())
    if missing:
        raise ReleaseError(
            f"{missing} photos have no tile of this size yet."
            f" Run `menagerie curate {recipe.name}` first."
        )
    try:
        for split in SPLITS:
            path = folder / f"x_{split}.npy"
            write_images(path, places[split], tiles, recipe.release.image_size_px)
    except (FileNotFoundError, ValueError) as error:
        raise ReleaseError(
            f"Tiles of {recipe.name} were lost or damaged: {error}."
            f" Run `menagerie curate {recipe.name}`, which cuts them again, and release then."
        ) from None
    write_class_numbers(folder, recipe)


def write_class_numbers(folder: Path, recipe: Recipe) -> None:
    """Write the class numbers of both splits, as the manifest tells them."""
    numbers = {split: array("q") for split in SPLITS}
    known = {label: number for number, label in enumerate(recipe.labels)}
    for row in rows_of(folder / MANIFEST, "split", "label"):
        numbers[row["split"]].append(known[row["label"]])
    for split in SPLITS:
        write_labels(folder / f"y_{split}.npy", numbers[split])


def write_around(folder: Path, recipe: Recipe, names: Mapping[str, License], leaks: Leaks) -> None:
    """Write what stands beside the tables and arrays of a release: credits, recipe, pages."""
    write_credits(folder, recipe, names)
    write_credits_pages(folder, recipe, names)
    classes = json.dumps(list(recipe.labels), indent=1) + "\n"
    (folder / "classes.json").write_text(classes, encoding="utf-8")
    (folder / RECIPE).write_text(shaping(recipe).to_toml(), encoding="utf-8")
    write_pages(folder, recipe, names, leaks)
