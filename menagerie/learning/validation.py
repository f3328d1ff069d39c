"""Which samples of train a training watches itself by: whole groups, and never any of test."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from menagerie.errors import TrainingError
from menagerie.learning.samples import Release, Samples
from menagerie.release.keys import key_of
from menagerie.release.split import NOWHERE, TEST, Members, assign

Rows = NDArray[np.int64]


def hold_out(release: Release, samples: Samples, fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Divide the rows of train into those to train on and those to watch by, both ascending.

    Photos of one owner, and those that near-duplicates left out of the release tie together,
    stay together, as in the release's own split. Each class comes as close to `fraction` as
    that allows.

    Raises:
        TrainingError: the manifest cannot be used, or the groups cannot be divided.
    """
    if fraction == 0.0:
        return np.arange(len(samples)), np.zeros(0, np.int64)
    names, ties = _photos(release, len(samples))
    anywhere = np.full(len(names), NOWHERE, dtype=np.int8)
    order = pc.sort_indices(names).to_numpy()
    place = np.argsort(order)
    members = Members(
        names.take(pa.array(order)),
        samples.y[order].astype(np.int16),
        np.ones(len(names), dtype=np.bool_),
        anywhere,
        anywhere,
        np.array([(place[row], tie) for row, tie in ties], dtype=np.int64).reshape(-1, 2),
    )
    watched = assign(members, fraction, seed).sides[place] == TEST
    left, kept = np.unique(samples.y[watched]), np.unique(samples.y[~watched])
    if len(left) < len(release.classes) or len(kept) < len(release.classes):
        more = "photos of more owners, for those of one stay together" if ties else "more photos"
        raise TrainingError(
            f"training.validation_fraction = {fraction:g} cannot be taken from the"
            f" {len(samples)} training photos of the release {release.id}: a class would stand on"
            f" one side only. Ask for another fraction, or collect {more}."
        )
    return np.flatnonzero(~watched), np.flatnonzero(watched)


def _photos(release: Release, samples: int) -> tuple[pa.StringArray, list[tuple[int, int]]]:
    """Return the names of the rows, and what ties them: each time a row and a tie's number."""
    entries = _entries(release, "manifest.parquet", ["split", "row", "photo_id", "owner"])
    train = sorted((e for e in entries if e["split"] == "train"), key=lambda e: int(e["row"]))
    if [entry["row"] for entry in train] != list(range(samples)):
        raise TrainingError(
            f"{release.folder / 'manifest.parquet'} does not list the {samples} samples of train."
            " Run `menagerie release`, which builds what is damaged anew."
        )
    duplicates = _owners_of_duplicates(release)
    ties = [
        (row, key_of(owner) >> 1)
        for row, entry in enumerate(train)
        for owner in {entry["owner"], *duplicates[str(entry["photo_id"])]}
        # Photos whose owner nobody knows are not tied by that.
        if owner
    ]
    # The row comes first: a photo may stand in two classes.
    names = [f"{entry['row']}/{entry['photo_id']}" for entry in train]
    return pa.array(names, pa.string()), ties


def _owners_of_duplicates(release: Release) -> dict[str, set[str]]:
    """Return the owners of the photos that were left out instead of each photo."""
    owners: dict[str, set[str]] = defaultdict(set)
    if (release.folder / "rejected.parquet").is_file():
        for entry in _entries(release, "rejected.parquet", ["owner", "instead_of"]):
            owners[str(entry["instead_of"])].add(str(entry["owner"] or ""))
    return owners


def _entries(release: Release, name: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    path: Path = release.folder / name
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=columns).to_pylist()
    except (OSError, ValueError, KeyError) as error:
        said = (str(error).splitlines() or [repr(error)])[0]
        raise TrainingError(
            f"{path} cannot be read, which says whose photos stay together: {said}."
            " Run `menagerie release`, which builds what is damaged anew."
        ) from None
    return iter(rows)
