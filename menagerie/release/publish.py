"""Building a release in a folder of its own and publishing it in one step."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import release_source
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.releases import (
    earlier_sides,
    judged_photos,
    record_release,
    record_sides,
    release_of_inputs,
)
from menagerie.curation.reasons import Reason
from menagerie.errors import MissingReleaseError, ReleaseError
from menagerie.folders import point
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.recipe import Recipe
from menagerie.release.arrays import write_images, write_labels
from menagerie.release.card import write_pages
from menagerie.release.contents import SPLITS, Contents, as_judged, fill, place, shaping
from menagerie.release.credits import write_credits_pages
from menagerie.release.croissant import FILE as CROISSANT
from menagerie.release.croissant import write_croissant
from menagerie.release.guards import refuse_drop
from menagerie.release.tables import write_credits, write_manifest, write_rejected

CHECKSUMS = "checksums.sha256"
_UNFINISHED = ".building-"


def publish_release(
    catalog: Catalog, recipe: Recipe, dataset_dir: Path, home: Path, *, allow_drop: bool = False
) -> Path:
    """Build a release of what is judged, publish it and return its folder.

    What is published already, and whole, is not built again; what is damaged is built anew in
    its place. `current` points to the result.

    Raises:
        ReleaseError: there are too few photos, or, unless `allow_drop`, far fewer than before;
            the last release stays current.
    """
    spec = tile_spec(recipe.release)
    photos = as_judged(judged_photos(catalog, recipe, spec))
    split = place(photos, earlier_sides(catalog, recipe.name), recipe)
    source = dataset_source(catalog, recipe.name)
    contents = fill(photos, split, recipe, source.partition("-")[0])
    contents = replace(contents, names=licenses_by_id(catalog, source))
    last = dataset_dir / "current"
    # The catalog tells one sandbox from another; of another home's releases it knows nothing.
    its_source = release_source(catalog, recipe.name, last.resolve().name)
    if not allow_drop and its_source in {source, None}:
        refuse_drop(contents, last)
    keys = {photo.photo_id: photo.key for photo in photos}
    record_sides(
        catalog,
        recipe.name,
        {keys[photo_id]: side for photo_id, side in split.sides.items()},
        [photo.key for photo in contents.rejected if photo.reason is Reason.BRIDGES_SPLIT],
    )
    inputs = contents.inputs()
    releases = dataset_dir / "releases"
    known = release_of_inputs(catalog, recipe.name, inputs)
    if known is None or not is_whole(releases / known):
        with unfinished_folder(releases) as folder:
            _write_arrays(folder, contents, TileStore(home, spec))
            write_around(folder, contents)
            known = seal(folder)
            put_in_place(folder, releases / known)
        record_release(catalog, recipe.name, known, inputs)
    point(dataset_dir / "current", Path("releases") / known)
    return releases / known


def current_release(dataset_dir: Path) -> Path:
    """Return the folder of the current release.

    Raises:
        MissingReleaseError: there is none.
    """
    pointer = dataset_dir / "current"
    folder = dataset_dir / "releases" / pointer.resolve().name
    if not pointer.is_symlink() or not (folder / CHECKSUMS).is_file():
        raise MissingReleaseError(
            f"{dataset_dir} has no current release."
            f" Run `menagerie refresh {dataset_dir.name}` to make one."
        )
    return folder


def is_whole(folder: Path) -> bool:
    """Tell whether every file of a release is there, its bytes as they were written."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        return bool(lines) and all(_digest(folder / line[66:]) == line[:64] for line in lines)
    except (OSError, ValueError):
        return False


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def put_in_place(folder: Path, place: Path) -> None:
    """Publish a finished folder under its id, unless the same stands there whole."""
    if is_whole(place):
        return
    if place.exists():
        # Cleared away with whatever else is unfinished, at once or by the next run.
        place.rename(folder.with_name(f"{folder.name}-damaged"))
    folder.rename(place)


@contextmanager
def unfinished_folder(releases: Path) -> Iterator[Path]:
    """Make a hidden folder to build a release in, and clear away whatever is unfinished."""
    releases.mkdir(parents=True, exist_ok=True)
    clear_unfinished(releases)
    folder = releases / f"{_UNFINISHED}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        for unfinished in releases.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)


def clear_unfinished(releases: Path) -> None:
    """Remove what builds that were cut off have left."""
    # One run at a time holds a dataset, so whatever is unfinished here is nobody's.
    for abandoned in releases.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(abandoned)


def discard(release: Path) -> None:
    """Remove a release: it is there whole or not at all, should this be cut off."""
    abandoned = release.with_name(f"{_UNFINISHED}{release.name}-discarded")
    release.rename(abandoned)
    shutil.rmtree(abandoned)


def _write_arrays(folder: Path, contents: Contents, tiles: TileStore) -> None:
    recipe = contents.recipe
    for split in SPLITS:
        photos = contents.samples[split]
        places = [(p.block, p.row) for p in photos if p.block is not None and p.row is not None]
        if len(places) < len(photos):
            raise ReleaseError(
                f"{len(photos) - len(places)} photos have no tile of this size yet."
                f" Run `menagerie curate {recipe.name}` first."
            )
        write_images(folder / f"x_{split}.npy", places, tiles, recipe.release.image_size_px)
        numbers = [recipe.labels.index(photo.label) for photo in photos]
        write_labels(folder / f"y_{split}.npy", numbers)


def write_around(folder: Path, contents: Contents) -> None:
    """Write what stands beside the arrays of a release: tables, credits, recipe, pages."""
    recipe = contents.recipe
    write_manifest(folder / "manifest.parquet", contents)
    write_rejected(folder / "rejected.parquet", contents)
    write_credits(folder / "CREDITS.csv", contents)
    write_credits_pages(folder, contents)
    classes = json.dumps(list(recipe.labels), indent=1) + "\n"
    (folder / "classes.json").write_text(classes, encoding="utf-8")
    (folder / "recipe.toml").write_text(shaping(recipe).to_toml(), encoding="utf-8")
    write_pages(folder, contents)


def seal(folder: Path) -> str:
    """Describe all files, write their checksums, flush both to the disk, return the id."""
    (folder / CROISSANT).unlink(missing_ok=True)
    digests = {file.name: _digest(file) for file in sorted(folder.iterdir())}
    write_croissant(folder, digests)
    digests[CROISSANT] = _digest(folder / CROISSANT)
    for name in digests:
        with (folder / name).open("rb") as content:
            os.fsync(content.fileno())
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    with (folder / CHECKSUMS).open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return hashlib.sha256(text.encode()).hexdigest()[:12]
