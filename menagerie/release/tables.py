"""The tables that stand beside the arrays: manifest, rejected photos, credits."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from menagerie.release.contents import SPLITS, Contents
from menagerie.release.origin import origin_of
from menagerie.spreadsheets import guarded

CHANGES = "cropped and resized"

_PHOTO = [
    ("photo_id", pa.string()),
    ("owner", pa.string()),
    ("owner_name", pa.string()),
    ("title", pa.string()),
    ("license", pa.string()),
    ("page_url", pa.string()),
    ("uploaded_at", pa.int64()),
    ("taken_at", pa.string()),
    ("sha256", pa.string()),
    ("width", pa.int32()),
    ("height", pa.int32()),
]
MANIFEST_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("split", pa.string()),
        ("row", pa.int64()),
        ("label", pa.string()),
        *_PHOTO,
        ("reason", pa.string()),
        ("decided_by", pa.string()),
    ]
)
REJECTED_SCHEMA = pa.schema(
    [
        ("label", pa.string()),
        ("reason", pa.string()),
        ("decided_by", pa.string()),
        ("instead_of", pa.string()),
        *_PHOTO,
    ]
)


def write_manifest(path: Path, contents: Contents) -> None:
    """Write one row a sample, where it stands, what it is, whose it is; and what made them all."""
    rows = [
        {
            "source": contents.source,
            "split": split,
            "row": row,
            **{n: getattr(photo, n) for n in _SHARED},
        }
        for split in SPLITS
        for row, photo in enumerate(contents.samples[split])
    ]
    schema = MANIFEST_SCHEMA.with_metadata(origin_of(contents).to_metadata())
    pq.write_table(pa.Table.from_pylist(rows, schema), path)


def read_sources(manifest: Path) -> set[str]:
    """Return where the photos of a manifest come from: `flickr`, `sandbox`, `folder`, ..."""
    return set(pq.read_table(manifest, columns=["source"])["source"].to_pylist())


def read_photo_ids(table: Path) -> set[str]:
    """Return the ids of the photos of a manifest, or of a table of rejected photos."""
    return set(pq.read_table(table, columns=["photo_id"])["photo_id"].to_pylist())


def write_rejected(path: Path, contents: Contents) -> None:
    """Write one row for each photo that was found and does not stand in the release."""
    rows = [
        {"instead_of": photo.instead_of, **{n: getattr(photo, n) for n in _SHARED}}
        for photo in contents.rejected
    ]
    pq.write_table(pa.Table.from_pylist(rows, REJECTED_SCHEMA), path)


_SHARED = ["label", "reason", "decided_by", *(name for name, _ in _PHOTO)]


def write_credits(path: Path, contents: Contents) -> None:
    """Write who made each photo and under which licence, as every licence asks."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            ["photo_id", "title", "creator", "license", "license_url", "page_url", "changes"]
        )
        for photo in sorted(contents.all_samples, key=lambda photo: photo.photo_id):
            license = contents.license(photo)
            writer.writerow(
                [
                    photo.photo_id,
                    guarded(photo.title),
                    guarded(photo.owner_name or photo.owner or "unknown"),
                    license.name,
                    license.url,
                    photo.page_url,
                    CHANGES,
                ]
            )
