"""The tables of a release: manifest, rejected photos, credits; and the recipe."""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Set

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from menagerie.curation.reasons import Reason, State
from menagerie.licenses import LICENSES
from menagerie.release.keys import Keys, key_of, keys_of, repeated
from menagerie.release.origin import read_origin
from menagerie.release.split import SPLITS
from menagerie.release.tables import (
    MANIFEST,
    MANIFEST_SCHEMA,
    RECIPE,
    REJECTED,
    REJECTED_SCHEMA,
    Row,
)
from menagerie.release.verifying.inspection import Findings, Inspection
from menagerie.spreadsheets import guarded

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Releases of earlier versions do not say who decided.
_LATER_COLUMNS = {"decided_by"}
_CREDITED = ("photo_id", "title", "owner_name", "owner", "license", "page_url")


def find_other_recipe(inspection: Inspection, found: Findings) -> None:
    """The recipe can be read, is this dataset's, and is the one that the manifest names."""
    recipe = inspection.recipe()
    if recipe.name != inspection.dataset:
        found.fault(f"{RECIPE} is that of {recipe.name!r}.")
    told = read_origin(inspection.folder / MANIFEST).recipe
    if not told:
        found.note = "made by a version that did not note the recipe's checksum"
    elif told != hashlib.sha256((inspection.folder / RECIPE).read_bytes()).hexdigest():
        found.fault(f"{RECIPE} is not the one that the release was made by.")


def find_wrong_rows(inspection: Inspection, found: Findings) -> None:
    """The manifest has a row for each row of the arrays, and each photo stands there once."""
    _compare_columns(inspection, MANIFEST, MANIFEST_SCHEMA, found)
    following = dict.fromkeys(SPLITS, 0)
    for row in inspection.rows("split", "row", "photo_id", "sha256", "reason"):
        photo, split = row["photo_id"], row["split"]
        if split not in following:
            found.fault(f"The photo {photo} stands in a split {split!r}.")
            continue
        if row["row"] != following[split]:
            found.fault(f"After row {following[split] - 1} of {split} comes row {row['row']}.")
        following[split] = row["row"] + 1
        if not _SHA256.fullmatch(row["sha256"] or ""):
            found.fault(f"The photo {photo} has no SHA-256 (received {row['sha256']!r}).")
        if row["reason"] != Reason.ACCEPTED:
            found.fault(f"The photo {photo} was not accepted but is {row['reason']!r}.")
    for split in SPLITS:
        length = len(inspection.array("y", split))
        if following[split] != length:
            found.fault(f"{split} has {length:,} rows, and {following[split]:,} in the manifest.")
    for column in ("photo_id", "sha256"):
        _find_repeated(inspection, column, found)


def _find_repeated(inspection: Inspection, column: str, found: Findings) -> None:
    twice = repeated(keys_of(row[column] or "" for row in inspection.rows(column)))
    if twice:
        for row in inspection.rows("split", "row", column):
            if key_of(row[column] or "") in twice:
                found.fault(
                    f"The {column} of row {row['row']} of {row['split']} stands there more than"
                    f" once: {row[column]}."
                )


def find_wrong_rejections(inspection: Inspection, found: Findings) -> None:
    """Rejected photos have a reason of the closed list and stand in no split."""
    _compare_columns(inspection, REJECTED, REJECTED_SCHEMA, found)
    rejections = {reason.value for reason in Reason if reason.state is State.REJECTED}
    released = keys_of(row["photo_id"] for row in inspection.rows("photo_id"))
    left_out = keys_of(row["photo_id"] for row in inspection.rows("photo_id", table=REJECTED))
    both = set(np.intersect1d(released, left_out).tolist())
    for row in inspection.rows("photo_id", "reason", table=REJECTED):
        if row["reason"] not in rejections:
            found.fault(f"The photo {row['photo_id']} has no known reason: {row['reason']!r}.")
        if both and key_of(row["photo_id"]) in both:
            found.fault(f"The photo {row['photo_id']} is rejected and stands in the manifest.")


def _compare_columns(
    inspection: Inspection, table: str, schema: pa.Schema, found: Findings
) -> None:
    here = {field.name: field.type for field in pq.read_schema(inspection.folder / table)}
    for field in schema:
        if field.name not in here and field.name not in _LATER_COLUMNS:
            found.fault(f"{table} lacks the column {field.name}.")
        elif here.get(field.name, field.type) != field.type:
            found.fault(f"{field.name} of {table} is {here[field.name]}, not {field.type}.")


def find_wrong_credits(inspection: Inspection, found: Findings) -> None:
    """Each sample is credited once, to its creator, with its page, under its licence."""
    wanted, licenses, ids = _keyed(_wanted(row) for row in inspection.rows(*_CREDITED))
    given, names, called = _keyed(_given(row) for row in _credits(inspection))
    if not np.array_equal(wanted, given):
        lacking = set(np.setdiff1d(wanted, given).tolist())
        for row in inspection.rows(*_CREDITED):
            key, _ = _wanted(row)
            if key in lacking:
                found.fault(f"The photo {row['photo_id']} is not credited as it should be.")
        if len(given) > len(wanted) or not lacking:
            found.fault(f"CREDITS.csv has {len(given):,} rows for {len(wanted):,} samples.")
        return
    pairs = set(zip(licenses.tolist(), names.tolist(), strict=True))
    for fault in _misnamed({(ids[number], called[name]) for number, name in pairs}):
        found.fault(fault)


def _misnamed(pairs: Set[tuple[str, str]]) -> Iterator[str]:
    """Say which pairs of a licence and what it is called in the credits do not go together.

    What a source calls its licences may change, but then for all photos of a licence.
    """
    known = {license.name: license.id for license in LICENSES}
    of_id, of_name = (Counter(column) for column in zip(*pairs, strict=True))
    for license_id, name in sorted(pairs):
        if of_id[license_id] > 1 or of_name[name] > 1 or known.get(name, license_id) != license_id:
            yield f"Photos under {license_id} are credited under {name}."


def _keyed(rows: Iterator[tuple[int, str]]) -> tuple[Keys, NDArray[np.int16], list[str]]:
    """Return the keys of rows, sorted, the number of each one's licence, and their names."""
    numbers: dict[str, int] = {}
    table = np.fromiter(
        ((key, numbers.setdefault(name, len(numbers))) for key, name in rows),
        dtype=[("key", np.uint64), ("license", np.int16)],
    )
    table.sort(order="key")
    return table["key"], table["license"], list(numbers)


def _wanted(row: Row) -> tuple[int, str]:
    creator = row["owner_name"] or row["owner"] or "unknown"
    key = key_of(row["photo_id"], guarded(row["title"]), guarded(creator), row["page_url"])
    return key, row["license"]


def _given(row: dict[str, str]) -> tuple[int, str]:
    key = key_of(row["photo_id"], row["title"], row["creator"], row["page_url"])
    return key, row["license"]


def _credits(inspection: Inspection) -> Iterator[dict[str, str]]:
    with (inspection.folder / "CREDITS.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
