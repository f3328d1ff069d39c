"""Building a release in a folder of its own and publishing it in one step."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from menagerie.catalog.database import Catalog
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
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.recipe import Recipe
from menagerie.release.arrays import write_images, write_labels
from menagerie.release.card import write_pages
from menagerie.release.contents import SPLITS, Contents, as_judged, fill, place, shaping
from menagerie.release.tables import write_credits, write_manifest, write_rejected

CHECKSUMS = "checksums.sha256"
_UNFINISHED = ".building-"


def publish_release(catalog: Catalog, recipe: Recipe, dataset_dir: Path, home: Path) -> Path:
    """Build a release of what is judged, publish it and return its folder.

    What is published already is not built again. `current` points to the result.

    Raises:
        ReleaseError: there are too few photos; the last release stays current.
    """
    spec = tile_spec(recipe.release)
    photos = as_judged(judged_photos(catalog, recipe, spec))
    split = place(photos, earlier_sides(catalog, recipe.name), recipe)
    source = dataset_source(catalog, recipe.name).partition("-")[0]
    contents = fill(photos, split, recipe, source)
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
    if known is None or not (releases / known / CHECKSUMS).is_file():
        with _unfinished_folder(releases) as folder:
            _write(folder, contents, TileStore(home, spec))
            known = _seal(folder)
            if not (releases / known).exists():
                folder.rename(releases / known)
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


def point(pointer: Path, target: Path) -> None:
    """Let a symbolic link point to a target, atomically."""
    if pointer.is_symlink() and pointer.readlink() == target:
        return
    fresh = pointer.with_name(f".{pointer.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(pointer)


@contextmanager
def _unfinished_folder(releases: Path) -> Iterator[Path]:
    releases.mkdir(parents=True, exist_ok=True)
    # One run at a time holds a dataset, so whatever is unfinished here is nobody's.
    for abandoned in releases.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(abandoned)
    folder = releases / f"{_UNFINISHED}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, contents: Contents, tiles: TileStore) -> None:
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
    write_manifest(folder / "manifest.parquet", contents)
    write_rejected(folder / "rejected.parquet", contents)
    write_credits(folder / "CREDITS.csv", contents)
    classes = json.dumps(list(recipe.labels), indent=1) + "\n"
    (folder / "classes.json").write_text(classes, encoding="utf-8")
    (folder / "recipe.toml").write_text(shaping(recipe).to_toml(), encoding="utf-8")
    write_pages(folder, contents)


def _seal(folder: Path) -> str:
    """Write the checksums of all files, flush them to the disk and return the release's id."""
    lines = []
    for file in sorted(folder.iterdir()):
        with file.open("rb") as content:
            lines.append(f"{hashlib.file_digest(content, 'sha256').hexdigest()}  {file.name}\n")
            os.fsync(content.fileno())
    text = "".join(lines)
    with (folder / CHECKSUMS).open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return hashlib.sha256(text.encode()).hexdigest()[:12]
