"""Taking photos out of a release that is published: another takes its place."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from menagerie.catalog.releases import RULES, Judged
from menagerie.curation.reasons import Reason
from menagerie.licenses import License
from menagerie.photos.decode import DECODER
from menagerie.recipe import parse_recipe
from menagerie.release.arrays import write_images, write_labels
from menagerie.release.contents import SPLITS, Contents
from menagerie.release.origin import read_origin
from menagerie.release.publish import put_in_place, seal, unfinished_folder, write_around
from menagerie.release.tables import read_sources


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
    release: Path,
    photo_ids: Collection[str],
    phashes: Callable[[Sequence[str]], Mapping[str, int]],
    names: Mapping[str, License],
) -> Rewritten | None:
    """Build a release as another is without some photos; publish it beside the other.

    None when nothing usable would be left: a class has lost all samples of a split. The photos
    that stay keep their order, so that the result is what a build without the others makes.
    """
    before = read_contents(release, phashes, names)
    contents = _without(before, photo_ids)
    if any(not n for split in SPLITS for n in contents.class_counts(split).values()):
        return None
    with unfinished_folder(release.parent) as folder:
        for split in SPLITS:
            rows = [photo.row or 0 for photo in contents.samples[split]]
            places = [(f"x_{split}", row) for row in rows]
            size_px = contents.recipe.release.image_size_px
            write_images(folder / f"x_{split}.npy", places, _Arrays(release), size_px)
            classes = np.load(release / f"y_{split}.npy", allow_pickle=False)[rows]
            write_labels(folder / f"y_{split}.npy", classes.tolist())
        write_around(folder, contents)
        made = seal(folder)
        put_in_place(folder, release.parent / made)
    return Rewritten(made, contents.inputs())


class _Arrays:
    """The arrays of a release as blocks of tiles."""

    def __init__(self, release: Path) -> None:
        self._release = release

    def open(self, block: str) -> NDArray[np.uint8]:
        """Map an array into memory."""
        mapped: NDArray[np.uint8] = np.load(
            self._release / f"{block}.npy", mmap_mode="r", allow_pickle=False
        )
        return mapped


def read_contents(
    release: Path,
    phashes: Callable[[Sequence[str]], Mapping[str, int]],
    names: Mapping[str, License],
) -> Contents:
    """Read what a release holds back from its tables and its recipe."""
    manifest = pq.read_table(release / "manifest.parquet").to_pylist()
    rejected = pq.read_table(release / "rejected.parquet").to_pylist()
    sha256s = sorted({row["sha256"] for row in (*manifest, *rejected) if row["sha256"]})
    hashes = phashes(sha256s)
    text = (release / "recipe.toml").read_text(encoding="utf-8")
    (source,) = read_sources(release / "manifest.parquet")
    return Contents(
        parse_recipe(text, str(release / "recipe.toml")),
        source,
        {
            side: [_judged(row, hashes) for row in manifest if row["split"] == side]
            for side in SPLITS
        },
        [_judged(row, hashes) for row in rejected],
        names,
        read_origin(release / "manifest.parquet").decoder or DECODER,
    )


def _judged(row: Mapping[str, Any], phashes: Mapping[str, int]) -> Judged:
    known = {name: row.get(name) for name in Judged.__dataclass_fields__}
    local = {"key": 0, "group_key": None, "block": None, "phash": phashes.get(row["sha256"])}
    # Releases of earlier versions do not say who decided.
    told = {"reason": Reason(row["reason"]), "decided_by": row.get("decided_by") or RULES}
    return Judged(**{**known, **local, **told})  # type: ignore[arg-type]


def _without(contents: Contents, photo_ids: Collection[str]) -> Contents:
    return replace(
        contents,
        samples={
            side: [photo for photo in contents.samples[side] if photo.photo_id not in photo_ids]
            for side in SPLITS
        },
        rejected=[
            replace(photo, instead_of=None) if photo.instead_of in photo_ids else photo
            for photo in contents.rejected
            if photo.photo_id not in photo_ids
        ],
    )
