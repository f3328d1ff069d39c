"""Taking photos out of a release that is published: another takes its place."""

from array import array
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from menagerie.catalog.database import Catalog
from menagerie.licenses import License
from menagerie.photos.blocks import BlockStore
from menagerie.photos.decode import DECODER
from menagerie.recipe import Recipe, parse_recipe
from menagerie.release.arrays import write_images
from menagerie.release.origin import origin_of, read_origin
from menagerie.release.places import Places
from menagerie.release.proof import search
from menagerie.release.publish import inputs_of, write_around, write_class_numbers
from menagerie.release.sealing import put_in_place, seal, unfinished_folder
from menagerie.release.split import SPLITS
from menagerie.release.tables import (
    MANIFEST,
    MANIFEST_SCHEMA,
    RECIPE,
    REJECTED,
    REJECTED_SCHEMA,
    batches_of,
    in_schema,
    write_table,
)


class Held(NamedTuple):
    """What a release holds of somebody: ids, files, and whether samples of the test split."""

    photo_ids: frozenset[str]
    sha256s: frozenset[str]
    in_test: bool


class Rewritten(NamedTuple):
    """A release that took another's place: its id, and the hash of what it was made from."""

    id: str
    inputs: str


def held_of(release: Path, photo_ids: Collection[str], owner: str | None) -> Held:
    """Tell what a release holds of some photos and of an owner."""
    found: list[dict[str, Any]] = []
    for name in ("manifest.parquet", "rejected.parquet"):
        # An empty list would have no type.
        ids = pa.array(list(photo_ids), pa.string())
        chosen = pc.field("photo_id").isin(ids)
        if owner is not None:
            chosen |= pc.field("owner") == owner
        if name.startswith("rejected"):
            chosen |= pc.field("instead_of").isin(ids)
        found += pq.read_table(release / name, filters=chosen).to_pylist()
    theirs = [row for row in found if row["photo_id"] in photo_ids or row["owner"] == owner]
    instead: set[str] = {row.get("instead_of", "") for row in found} & set(photo_ids)
    return Held(
        frozenset({row["photo_id"] for row in theirs} | instead),
        frozenset(row["sha256"] for row in theirs if row["sha256"]),
        any(row.get("split") == "test" for row in theirs),
    )


def rewrite_release(
    catalog: Catalog, release: Path, photo_ids: Collection[str], names: Mapping[str, License]
) -> Rewritten | None:
    """Build a release as another is without some photos; publish it beside the other.

    None when nothing usable would be left: a class has lost all samples of a split. The photos
    that stay keep their order, so that the result is what a build without the others makes.
    """
    recipe = parse_recipe((release / RECIPE).read_text(encoding="utf-8"), str(release / RECIPE))
    without = pa.array(sorted(photo_ids), pa.string())
    with unfinished_folder(release.parent) as folder:
        kept = _rewrite_manifest(release / MANIFEST, folder / MANIFEST, recipe, without)
        if kept is None:
            return None
        write_table(
            folder / REJECTED, REJECTED_SCHEMA, _still_rejected(release / REJECTED, without)
        )
        for split in SPLITS:
            places = Places.of_block(f"x_{split}", kept[split])
            size_px = recipe.release.image_size_px
            write_images(folder / f"x_{split}.npy", places, BlockStore(release), size_px)
        write_class_numbers(folder, recipe)
        write_around(folder, recipe, names, search(folder, recipe, catalog))
        inputs = inputs_of(folder, recipe, names)
        made = seal(folder)
        put_in_place(folder, release.parent / made)
    return Rewritten(made, inputs)


def _rewrite_manifest(
    before: Path, after: Path, recipe: Recipe, without: pa.Array
) -> "dict[str, array[int]] | None":
    """Write a manifest without some photos; return which rows of each split stay.

    None where a class has no samples left in a split.
    """
    kept: dict[str, array[int]] = {split: array("q") for split in SPLITS}
    left: set[tuple[str, str]] = set()

    def lots() -> Iterator[pa.Table]:
        for batch in batches_of(before):
            table = _without(pa.Table.from_batches([batch]), without)
            rows = []
            for split, row, label in zip(
                *(table[name].to_pylist() for name in ("split", "row", "label")), strict=True
            ):
                rows.append(len(kept[split]))
                kept[split].append(row)
                left.add((split, label))
            place = table.schema.get_field_index("row")
            yield in_schema(table.set_column(place, "row", pa.array(rows, pa.int64())), schema)

    told = read_origin(before)
    origin = origin_of(recipe, told.decoder or DECODER)
    schema = MANIFEST_SCHEMA.with_metadata(origin.to_metadata())
    write_table(after, schema, lots())
    wanted = {(split, label) for split in SPLITS for label in recipe.labels}
    return kept if left == wanted else None


def _still_rejected(before: Path, without: pa.Array) -> Iterator[pa.Table]:
    for batch in batches_of(before):
        table = _without(pa.Table.from_batches([batch]), without)
        place = table.schema.get_field_index("instead_of")
        instead = table["instead_of"]
        named = pc.if_else(pc.is_in(instead, without), pa.scalar(None, pa.string()), instead)
        yield in_schema(table.set_column(place, "instead_of", named), REJECTED_SCHEMA)


def _without(table: pa.Table, photo_ids: pa.Array) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table["photo_id"], photo_ids)))
