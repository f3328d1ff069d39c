"""Which samples of train a training watches itself by: whole groups, and never any of test."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from menagerie.errors import TrainingError
from menagerie.learning.samples import Release, Samples
from menagerie.release.split import Member, assign

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
    photos = _photos(release, len(samples))
    labels = [str(number) for number in samples.y]
    members = [
        Member(photo_id=name, label=label, ties=ties)
        for (name, ties), label in zip(photos, labels, strict=True)
    ]
    sides = assign(members, {}, fraction, seed).sides
    watched = np.array([sides[name] == "test" for name, _ in photos])
    left, kept = np.unique(samples.y[watched]), np.unique(samples.y[~watched])
    if len(left) < len(release.classes) or len(kept) < len(release.classes):
        raise TrainingError(
            f"training.validation_fraction = {fraction:g} cannot be taken from the release"
            f" {release.id}: photos of one owner stay together, and a class would stand on one"
            " side only. Ask for another fraction, or collect photos of more owners."
        )
    return np.flatnonzero(~watched), np.flatnonzero(watched)


def _photos(release: Release, samples: int) -> list[tuple[str, tuple[str, ...]]]:
    """Return each row's name and what ties it to others, in the order of the rows."""
    entries = _entries(release, "manifest.parquet", ["split", "row", "photo_id", "owner"])
    train = sorted((e for e in entries if e["split"] == "train"), key=lambda e: int(e["row"]))
    if [entry["row"] for entry in train] != list(range(samples)):
        raise TrainingError(
            f"{release.folder / 'manifest.parquet'} does not list the {samples} samples of train."
            " Run `menagerie release`, which builds what is damaged anew."
        )
    owners = _owners_of_duplicates(release)
    return [
        # The row comes first: a photo may stand in two classes.
        (f"{entry['row']}/{entry['photo_id']}", _ties(entry, owners))
        for entry in train
    ]


def _ties(entry: dict[str, Any], duplicates: dict[str, set[str]]) -> tuple[str, ...]:
    owners = {entry["owner"], *duplicates[str(entry["photo_id"])]} - {"", None}
    # Photos whose owner nobody knows are not tied by that.
    return tuple(sorted(f"owner {owner}" for owner in owners))


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
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path, columns=columns).to_pylist()
    except (OSError, ValueError, KeyError) as error:
        said = (str(error).splitlines() or [repr(error)])[0]
        raise TrainingError(
            f"{path} cannot be read, which says whose photos stay together: {said}."
            " Run `menagerie release`, which builds what is damaged anew."
        ) from None
    return iter(rows)
