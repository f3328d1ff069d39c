"""The tables of a release: what stands in it, and what does not and why.

They are written before anything else and hold all that is told of the photos: credits, card and
pages are made of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from menagerie.catalog.judged import RULES, Judged, JudgedPhotos
from menagerie.curation.reasons import Reason
from menagerie.release.contents import Contents
from menagerie.release.origin import Origin
from menagerie.release.places import Places
from menagerie.release.split import SPLITS

MANIFEST, REJECTED, RECIPE = "manifest.parquet", "rejected.parquet", "recipe.toml"

_GROUP_ROWS = 10_000
_READ_AT_ONCE = 500

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


Row = dict[str, Any]


def write_tables(
    folder: Path, contents: Contents, judged: JudgedPhotos, origin: Origin
) -> dict[str, Places]:
    """Write both tables; return where the tiles of each split's samples are.

    Raises:
        ReleaseError: photos were taken out of the catalog meanwhile.
    """
    places: dict[str, Places] = {split: Places() for split in SPLITS}

    def samples() -> Iterator[pa.Table]:
        for split in SPLITS:
            row = 0
            for lot in judged.lots(contents.rows[split]):
                places[split].add(lot)
                told = {"source": contents.source, "split": split, "reason": Reason.ACCEPTED.value}
                yield _table(lot, MANIFEST_SCHEMA, told, row)
                row += len(lot)

    write_table(folder / MANIFEST, MANIFEST_SCHEMA.with_metadata(origin.to_metadata()), samples())
    bridges = set(contents.bridges.tolist())
    lots = (_bridged(lot, bridges) for lot in judged.lots(contents.rejected))
    write_table(
        folder / REJECTED, REJECTED_SCHEMA, (_table(lot, REJECTED_SCHEMA, {}) for lot in lots)
    )
    return places


def _bridged(lot: list[Judged], bridges: set[int]) -> list[Judged]:
    return [
        replace(one, reason=Reason.BRIDGES_SPLIT, decided_by=RULES) if one.key in bridges else one
        for one in lot
    ]


def _table(lot: list[Judged], schema: pa.Schema, told: Row, first_row: int = 0) -> pa.Table:
    """Put records in columns; `told` are columns of one value."""
    given: Row = {name: [value] * len(lot) for name, value in told.items()}
    given["row"] = range(first_row, first_row + len(lot))

    def column(name: str) -> Any:
        return given[name] if name in given else [getattr(one, name) for one in lot]

    return pa.table([pa.array(column(each.name), each.type) for each in schema], schema)


def write_table(path: Path, schema: pa.Schema, lots: Iterable[pa.Table]) -> None:
    """Write a table in groups of rows that do not depend on how it comes."""
    waiting: list[pa.Table] = [schema.empty_table()]
    with pq.ParquetWriter(path, schema) as writer:
        for lot in lots:
            waiting.append(lot.cast(schema))
            if sum(map(len, waiting)) >= _GROUP_ROWS:
                whole = pa.concat_tables(waiting)
                writer.write_table(whole.slice(0, _GROUP_ROWS), _GROUP_ROWS)
                waiting = [whole.slice(_GROUP_ROWS)]
        writer.write_table(pa.concat_tables(waiting), _GROUP_ROWS)


def in_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Put a table into today's columns; older ones do not tell who decided."""
    if "decided_by" not in table.schema.names:
        table = table.append_column("decided_by", pa.array([RULES] * len(table), pa.string()))
    return table.select(schema.names).cast(schema)


def batches_of(table: Path, *columns: str) -> Iterator[pa.RecordBatch]:
    """Yield a table of a release, a few hundred rows at a time; no columns are all."""
    with pq.ParquetFile(table) as file:
        # Threads would be hardly faster, and each keep memory of its own.
        yield from file.iter_batches(
            _READ_AT_ONCE, columns=list(columns) or None, use_threads=False
        )


def rows_of(table: Path, *columns: str) -> Iterator[Row]:
    """Yield the rows of a table of a release one by one; no columns are all."""
    for batch in batches_of(table, *columns):
        yield from batch.to_pylist()


def count_rows(table: Path) -> int:
    """Return how many rows a table of a release has."""
    return int(pq.read_metadata(table).num_rows)


def read_sources(manifest: Path) -> set[str]:
    """Return where the photos of a manifest come from: `flickr`, `sandbox`, `folder`, ..."""
    return read_distinct(manifest, "source")


def read_distinct(table: Path, column: str) -> set[str]:
    """Return the values of a column."""
    return set[str]().union(
        *(pc.unique(batch[column]).to_pylist() for batch in batches_of(table, column))
    )


def read_photo_ids(table: Path) -> set[str]:
    """Return the ids of the photos of a manifest, or of a table of rejected photos."""
    return read_distinct(table, "photo_id")
