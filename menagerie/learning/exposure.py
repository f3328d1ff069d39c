"""Which photos a model was trained on: they are never counted in a test of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from menagerie.errors import MissingReleaseError

MANIFEST = "manifest.parquet"

_KEYS = ("source", "photo_id", "sha256")


def manifest_of(release_dir: Path) -> Path:
    """Return the manifest of a release.

    Raises:
        MissingReleaseError: there is none, so nobody knows which photos stand in it.
    """
    path = release_dir / MANIFEST
    if not path.is_file():
        raise MissingReleaseError(
            f"{path} is missing, so it cannot be told which photos a model of that release was"
            " trained on. Train a model on the current release."
        )
    return path


def split_of(release_dir: Path, split: str, columns: tuple[str, ...]) -> Any:
    """Return columns of a split's part of the manifest, in the order of its rows.

    A column that the manifest lacks holds nothing.
    """
    path = manifest_of(release_dir)
    there = [name for name in columns if name in pq.read_schema(path).names]
    table = pq.read_table(path, columns=[*there, "row"], filters=[("split", "==", split)])
    table = table.sort_by("row")
    for name in columns:
        if name not in there:
            table = table.append_column(name, pa.nulls(len(table), pa.string()))
    return table.select(list(columns))


def seen_rows(release_dir: Path, trained_on: Path, samples: int) -> NDArray[np.bool_]:
    """Tell of each of the `samples` test photos whether a model of `trained_on` has seen it.

    The same photo, whatever its bytes are now, or the same bytes. Within one release the
    splits have none in common, which `menagerie verify` proves.

    Raises:
        MissingReleaseError: one of the manifests is gone.
    """
    if release_dir.name == trained_on.name:
        return np.zeros(samples, np.bool_)
    test = split_of(release_dir, "test", _KEYS)
    train = split_of(trained_on, "train", _KEYS)
    bytes_seen = pc.is_in(test["sha256"], train["sha256"], skip_nulls=True)
    seen: NDArray[np.bool_] = np.asarray(
        pc.or_(bytes_seen, pc.is_in(_names(test), _names(train), skip_nulls=True)), np.bool_
    )
    return seen


def trained_bytes(release_dir: Path) -> frozenset[str]:
    """Return the SHA-256 of the photos of a release's train split; none without a manifest."""
    if not (release_dir / MANIFEST).is_file():
        return frozenset()
    return frozenset(split_of(release_dir, "train", ("sha256",))["sha256"].to_pylist())


def same_photos(release_dir: Path, other: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the test rows of a release and of another one that hold the same photos."""
    names, others = (_names(split_of(r, "test", _KEYS)) for r in (release_dir, other))
    places = pc.index_in(names, others, skip_nulls=True)
    rows = np.flatnonzero(np.asarray(pc.is_valid(places)))
    return rows, np.asarray(places.drop_null(), np.int64)


def _names(table: Any) -> Any:
    """Name each photo by its source and its id there."""
    named = pc.binary_join_element_wise(table["source"], table["photo_id"], " ")
    return named.combine_chunks() if isinstance(named, pa.ChunkedArray) else named
