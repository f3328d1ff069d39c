"""Manifests: CSV, JSON Lines or Parquet, read in lots under the names that we give columns."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from menagerie.errors import InputError

REQUIRED = ("id", "url", "label", "license", "owner")
OPTIONAL = (
    "owner_name", "title", "page_url", "tags", "uploaded_at", "taken_at", "width", "height",
    "split",
)  # fmt: skip
COLUMNS = (*REQUIRED, *OPTIONAL)

# YFCC100M's names for what we call otherwise; usertags are its labels.
YFCC = {
    "id": ("photoid",),
    "url": ("downloadurl",),
    "label": ("usertags",),
    "license": ("licenseurl",),
    "owner": ("ownernsid", "uid"),
    "owner_name": ("unickname", "ownernickname"),
    "title": ("title",),
    "page_url": ("pageurl",),
    "uploaded_at": ("dateuploaded",),
    "taken_at": ("datetaken",),
    "marker": ("marker",),
}
# The order of YFCC100M's own file, which has no header. Its later edition begins with a line
# number and has a hash after the id.
_YFCC_ORDER = (
    "photoid", "uid", "unickname", "datetaken", "dateuploaded", "capturedevice", "title",
    "description", "usertags", "machinetags", "longitude", "latitude", "accuracy", "pageurl",
    "downloadurl", "licensename", "licenseurl", "serverid", "farmid", "secret", "secretoriginal",
    "ext", "marker",
)  # fmt: skip
_YFCC_ORDERS = {
    len(order): order
    for order in (_YFCC_ORDER, ("lineid", _YFCC_ORDER[0], "photohash", *_YFCC_ORDER[1:]))
}

_START_BYTES = 2**16
_BLOCK_BYTES = 2**20
_ROWS = 20_000
_KINDS = {".csv": "csv", ".tsv": "csv", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet"}
_COMPRESSED = {".gz", ".bz2", ".zst"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest and how to read it; `names` are its own names of our columns."""

    path: Path
    kind: str
    is_yfcc: bool
    names: Mapping[str, str]
    header: tuple[str, ...] | None = None
    delimiter: str = ","

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield lots of rows with some of our columns as text; those it lacks are left out.

        Raises:
            InputError: a row is not as the others are.
        """
        wanted = [column for column in columns if column in self.names]
        theirs = [self.names[column] for column in wanted]
        number = 0
        try:
            for number, batch in enumerate(self._read(theirs)):  # noqa: B007 - told in the error
                texts = [_as_text(batch.column(name)) for name in theirs]
                yield pa.RecordBatch.from_arrays(texts, names=wanted)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if self.kind == "json":
                _refuse_broken_line(self.path)
            said = str(error).splitlines()[0]
            raise InputError(
                f"{self.path} cannot be read beyond its {number + 1}. block: {said:.300}."
                " Correct the manifest there."
            ) from None

    def _read(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        if self.kind == "parquet":
            yield from pq.ParquetFile(self.path).iter_batches(_ROWS, columns=columns)
            return
        text = {column: pa.string() for column in columns}
        with pa.input_stream(self.path, compression="detect") as stream:
            if self.kind == "json":
                block = pa.json.ReadOptions(block_size=_BLOCK_BYTES)
                schema = pa.json.ParseOptions(unexpected_field_behavior="infer")
                yield from _aligned(pa.json.open_json(stream, block, schema), columns)
                return
            yield from pa.csv.open_csv(
                stream,
                pa.csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=self.header),
                pa.csv.ParseOptions(delimiter=self.delimiter, **self._quoting()),
                pa.csv.ConvertOptions(column_types=text, include_columns=columns),
            )

    def _quoting(self) -> dict[str, Any]:
        # A quotation mark in YFCC100M's own file is only that.
        return {"quote_char": False} if self.header else {"newlines_in_values": True}


def _aligned(batches: Any, columns: list[str]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        missing = [name for name in columns if name not in batch.schema.names]
        for name in missing:
            batch = batch.append_column(name, pa.nulls(len(batch), pa.string()))
        yield batch


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = pc.binary_join(pc.cast(column, pa.list_(pa.string())), ",")
    return pc.fill_null(pc.cast(column, pa.string()), "")


def open_manifest(path: Path) -> Manifest:
    """Look at the beginning of a manifest.

    Raises:
        InputError: it is not there, of no known kind, or lacks columns.
    """
    kind = _KINDS.get(_extension(path))
    if kind is None:
        raise InputError(
            f"{path} is no manifest by its name: it must end in {', '.join(_KINDS)}, the text ones"
            " also compressed as .gz, .bz2 or .zst. Rename it, or convert it."
        )
    try:
        if kind == "csv":
            return _csv(path)
        if kind == "parquet":
            return _named(path, kind, pq.ParquetFile(path).schema_arrow.names)
        with pa.input_stream(path, compression="detect") as stream:
            block = pa.json.ReadOptions(block_size=_BLOCK_BYTES)
            first = next(iter(pa.json.open_json(stream, block)), None)
            return _named(path, kind, first.schema.names if first else [])
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        if kind == "json":
            _refuse_broken_line(path)
        said = getattr(error, "strerror", None) or (str(error).splitlines() or ["it is empty"])[0]
        raise InputError(
            f"source.path cannot be read as a manifest: {said:.300} (received {str(path)!r})."
            " Name a readable file."
        ) from None


def no_rows(path: Path) -> InputError:
    """Return the error of a manifest that names no photo."""
    return InputError(f"{path} holds no rows. Give it one for each photo.")


def _refuse_broken_line(path: Path) -> None:
    """Refuse a JSON Lines file for its first line that is no object, if there is one.

    Who reads it in blocks can tell the block only.
    """
    with suppress(pa.ArrowException, OSError), pa.input_stream(path, compression="detect") as file:
        for number, line in enumerate(io.BufferedReader(file), 1):
            wrong = _fault_of(line)
            if wrong:
                raise InputError(
                    f"{path} cannot be read beyond its line {number}: {wrong} (received"
                    f" {line.strip()!r:.80}). Correct the manifest there."
                )


def _fault_of(line: bytes) -> str:
    """Tell what is wrong with a line of JSON Lines; nothing with an empty one."""
    try:
        found = json.loads(line) if line.strip() else {}
    except json.JSONDecodeError as error:
        return f"{error.msg} at its character {error.pos + 1}"
    except UnicodeDecodeError:
        return "it is no UTF-8"
    except RecursionError:
        return "it is nested too deeply"
    return "" if isinstance(found, dict) else "it is no object"


def _extension(path: Path) -> str:
    plain = path.with_suffix("") if path.suffix.lower() in _COMPRESSED else path
    return plain.suffix.lower()


def _csv(path: Path) -> Manifest:
    with pa.input_stream(path, compression="detect") as stream:
        start = stream.read(_START_BYTES)
    line, _, rest = start.decode("utf-8-sig", "replace").partition("\n")
    line = line.rstrip("\r")
    delimiter = "\t" if "\t" in line else ","
    header = next(csv.reader([line], delimiter=delimiter), [])
    if len(header) in _YFCC_ORDERS and "photoid" not in header and header[0].isdigit():
        order = _YFCC_ORDERS[len(header)]
        return _named(path, "csv", order, header=order, delimiter=delimiter)
    manifest = _named(path, "csv", header, delimiter=delimiter)
    if len(start) < _START_BYTES and not rest.strip():
        raise no_rows(path)
    return manifest


def _named(
    path: Path,
    kind: str,
    there: Sequence[str],
    header: tuple[str, ...] | None = None,
    delimiter: str = ",",
) -> Manifest:
    """Find our columns among those of a manifest."""
    is_yfcc = "photoid" in there
    known = YFCC if is_yfcc else {column: (column,) for column in COLUMNS}
    names = {column: name for column, named in known.items() for name in named if name in there}
    absent = [known[column][0] for column in REQUIRED if column not in names]
    if absent:
        raise InputError(
            f"{path} lacks the columns {', '.join(absent)} (it has"
            f" {', '.join(there[:20]) or 'none'}). Add them, or rename what stands for them."
        )
    doubled = sorted({name for name in names.values() if list(there).count(name) > 1})
    if doubled:
        raise InputError(f"{path} has two columns {doubled[0]!r}. Keep one of them.")
    return Manifest(path, kind, is_yfcc, names, header, delimiter)
