"""A release as what is to be exported: samples with their facts, in shards."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from menagerie.errors import MissingReleaseError, ReleaseError
from menagerie.export.naming import file_name
from menagerie.learning.samples import Samples, open_release
from menagerie.photos.row import Side
from menagerie.release.current import CHECKSUMS, current_release
from menagerie.release.sealing import is_whole
from menagerie.release.withdrawn import find_release

SHARD_BYTES = 64 << 20
"""A shard holds as many samples as take so many bytes before they are encoded, ..."""
MOST_IN_SHARD = 8192
"""... but no more than this: the Hugging Face Hub takes 10,000 files in a folder at most."""

_SPLITS: tuple[Side, Side] = ("train", "test")
_ROWS_AT_ONCE = 4096
_BUFFER_BYTES = 1 << 18


class LicenseFacts(NamedTuple):
    """What a licence is called, and where its text stands; empty where nobody knows."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of a split, and whose photo it was made from. `license` is a readable id.

    `name` is a file name without ending, `number` that of the class.
    """

    split: Side
    row: int
    label: str
    number: int
    name: str
    photo_id: str
    owner: str
    owner_name: str
    title: str
    license: str
    license_name: str
    license_url: str
    page_url: str
    sha256: str

    def facts(self) -> dict[str, str]:
        """Return what is written beside a sample in every format."""
        return {name: getattr(self, name) for name in FACTS}


FACTS = (
    "label",
    "photo_id",
    "owner",
    "owner_name",
    "title",
    "license",
    "license_name",
    "license_url",
    "page_url",
    "sha256",
)


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive samples of a split: the `number`-th part of `parts`, counted from 0."""

    split: Side
    number: int
    parts: int
    samples: list[Sample]


@dataclass(frozen=True, slots=True)
class Source:
    """A release that is whole; nothing but the class numbers is held in memory."""

    dataset: str
    folder: Path
    classes: tuple[str, ...]
    image_size_px: int
    splits: Mapping[Side, Samples]
    licenses: Mapping[str, LicenseFacts]

    @property
    def id(self) -> str:
        """The release id."""
        return self.folder.name

    @property
    def counts(self) -> dict[str, int]:
        """How many samples each split has."""
        return {split: len(samples) for split, samples in self.splits.items()}

    @property
    def samples_in_shard(self) -> int:
        """How many samples all shards but the last of a split have."""
        return max(1, min(MOST_IN_SHARD, SHARD_BYTES // (3 * self.image_size_px**2)))

    @property
    def parts(self) -> dict[str, int]:
        """How many shards each split has."""
        return {split: -(-n // self.samples_in_shard) for split, n in self.counts.items()}

    def tiles(self, split: Side, rows: list[int]) -> NDArray[np.uint8]:
        """Copy the tiles of some rows: uint8 (rows, size, size, 3)."""
        return self.splits[split].tiles(np.array(rows, np.int64))

    def shards(self) -> Iterator[Shard]:
        """Read the samples, train first, each split in the order of its rows.

        Raises:
            ReleaseError: the manifest does not belong to the arrays.
        """
        samples = self.samples()
        for split in _SPLITS:
            left, parts = self.counts[split], self.parts[split]
            for number in range(parts):
                held = list(islice(samples, min(left, self.samples_in_shard)))
                left -= len(held)
                yield Shard(split, number, parts, held)

    def samples(self) -> Iterator[Sample]:
        """Read the samples one by one, in the order of `shards`.

        Raises:
            ReleaseError: the manifest does not belong to the arrays.
        """
        places = ((split, row) for split in _SPLITS for row in range(self.counts[split]))
        for place, entry in zip(places, _manifest(self.folder), strict=True):
            split, row = place
            number = int(self.splits[split].y[row])
            told = entry["split"], entry["row"], entry["label"]
            if told != (split, row, self.classes[number]):
                raise ReleaseError(
                    f"The manifest of {self.folder} has {told} where the arrays have"
                    f" {(split, row, self.classes[number])}. `menagerie release` builds it anew."
                )
            yield self._sample(split, row, number, entry)

    def _sample(self, split: Side, row: int, number: int, entry: Mapping[str, Any]) -> Sample:
        license = self.licenses[entry["license"] or ""]
        texts = ("photo_id", "owner", "owner_name", "title", "license", "page_url", "sha256")
        return Sample(
            split=split,
            row=row,
            label=self.classes[number],
            number=number,
            name=file_name(entry["photo_id"]),
            license_name=license.name,
            license_url=license.url,
            **{name: entry[name] or "" for name in texts},
        )


def open_source(dataset_dir: Path, release_id: str | None) -> Source:
    """Open a release to be exported, the current one by default.

    Raises:
        MissingReleaseError: there is no such release.
        ReleaseError: its files are not those that were published.
    """
    folder = _find(dataset_dir, release_id)
    if not is_whole(folder):
        raise ReleaseError(
            f"The release {folder} is damaged: its files are not those of its {CHECKSUMS}."
            f" `menagerie release {dataset_dir.name}` builds it anew."
        )
    release = open_release(folder)
    splits = {split: release.samples(split) for split in _SPLITS}
    rows = pq.read_metadata(folder / "manifest.parquet").num_rows
    if rows != sum(map(len, splits.values())):
        raise ReleaseError(
            f"The manifest of {folder} has {rows:,} rows, the arrays have"
            f" {sum(map(len, splits.values())):,}. `menagerie release` builds it anew."
        )
    return Source(
        dataset_dir.name,
        folder,
        release.classes,
        release.image_size_px,
        splits,
        _licenses(folder),
    )


def _find(dataset_dir: Path, release_id: str | None) -> Path:
    if release_id is None:
        return current_release(dataset_dir)
    # An id is the name of a folder, and never a way out of it.
    if Path(release_id).name == release_id:
        folder = find_release(dataset_dir, release_id)
        if (folder / CHECKSUMS).is_file():
            return folder
    there = sorted(path.parent.name for path in dataset_dir.glob(f"releases/*/{CHECKSUMS}"))
    raise MissingReleaseError(
        f"{dataset_dir.name} has no release {release_id!r}; it has {', '.join(there) or 'none'}."
    )


def _manifest(folder: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    # Without a buffer a column of up to a million rows would be read at once.
    with pq.ParquetFile(folder / "manifest.parquet", buffer_size=_BUFFER_BYTES) as manifest:
        for batch in manifest.iter_batches(_ROWS_AT_ONCE, columns=columns):
            yield from batch.to_pylist()


def _licenses(folder: Path) -> dict[str, LicenseFacts]:
    """Return what the licences of a release are called, by their ids.

    The manifest has the ids and the credits have the names, each in an order of its own. The
    first photo of each licence tells; so no table of all photos is made.
    """
    firsts: dict[str, str] = {}
    for entry in _manifest(folder, ["license", "photo_id"]):
        firsts.setdefault(entry["license"] or "", entry["photo_id"])
    wanted = {photo_id: license for license, photo_id in firsts.items()}
    found = dict.fromkeys(firsts, LicenseFacts("", ""))
    with (folder / "CREDITS.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["photo_id"] in wanted:
                license = wanted.pop(row["photo_id"])
                found[license] = LicenseFacts(row["license"], row["license_url"])
            if not wanted:
                break
    return found
