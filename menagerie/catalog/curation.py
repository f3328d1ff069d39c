"""What was decoded and what was judged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, delete, func, insert, select, update

from menagerie.catalog.database import Catalog, insert_many, upsert
from menagerie.catalog.decisions import told_photos
from menagerie.catalog.joining import FINGERPRINT_OF_FILE
from menagerie.catalog.labels import decided_labels
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.tables import files, fingerprints, photos, sightings, tiles, verdicts
from menagerie.curation.reasons import Reason
from menagerie.photos.decode import DECODER
from menagerie.photos.fingerprint import THUMB_PX, Fingerprint
from menagerie.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came of decoding a stored file: a fingerprint, or a fault and its detail."""

    sha256: str
    fingerprint: Fingerprint | None
    fault: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a photo's file. `fault` is that of the fetch or of the decoding.

    A fingerprint that was read for judging comes without its thumbnail: a million of them would
    fill a gigabyte. See `thumbnails`.
    """

    sha256: str | None
    fault: Reason | None
    fingerprint: Fingerprint | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a photo is kept or not; `instead_key` names the one kept instead of a duplicate."""

    key: int
    reason: Reason
    instead_key: int | None = None
    group_key: int | None = None


_ROWS_AT_ONCE = 10_000
_NAMES_AT_ONCE = 1_000

_SIGN = 1 << 63


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value


def undecoded(catalog: Catalog, dataset: str, spec: str) -> list[str]:
    """Return the stored files of a dataset that lack a fingerprint or a tile, sorted."""
    done = (
        select(fingerprints.c.sha256)
        .outerjoin(tiles, (tiles.c.sha256 == fingerprints.c.sha256) & (tiles.c.spec == spec))
        .where(
            fingerprints.c.decoder == DECODER,
            fingerprints.c.fault.is_not(None) | tiles.c.sha256.is_not(None),
        )
    )
    with catalog.begin() as connection:
        rows = connection.scalars(
            select(files.c.sha256)
            .join(sightings, sightings.c.photo_key == files.c.photo_key)
            .where(
                sightings.c.dataset == dataset,
                files.c.sha256.is_not(None),
                files.c.sha256.not_in(done),
            )
            .distinct()
            .order_by(files.c.sha256)
        )
        return [sha256 for sha256 in rows if sha256 is not None]


def tile_blocks(catalog: Catalog, spec: str) -> set[str]:
    """Return the names of the blocks that hold tiles of one kind."""
    with catalog.begin() as connection:
        return set(connection.scalars(select(tiles.c.block).where(tiles.c.spec == spec).distinct()))


def forget_block(catalog: Catalog, spec: str, block: str) -> None:
    """Forget the tiles of a block that is lost, so that they are cut again."""
    with catalog.begin() as connection:
        connection.execute(delete(tiles).where(tiles.c.spec == spec, tiles.c.block == block))


def forget_bytes(catalog: Catalog, sha256s: Sequence[str]) -> None:
    """Note that the store has lost files, so that their photos are fetched again."""
    with catalog.begin() as connection:
        connection.execute(
            update(files)
            .where(files.c.sha256.in_(sha256s))
            .values(
                sha256=None,
                fault=Reason.DOWNLOAD_FAILED.value,
                last_error="the photo store has lost the file",
            )
        )


def fingerprinted(catalog: Catalog, sha256s: Sequence[str]) -> set[str]:
    """Return which of the files have a fingerprint of this decoder."""
    with catalog.begin() as connection:
        return set(
            connection.scalars(
                select(fingerprints.c.sha256).where(
                    fingerprints.c.decoder == DECODER, fingerprints.c.sha256.in_(sha256s)
                )
            )
        )


def record_decoded(
    catalog: Catalog, results: Sequence[Decoded], spec: str, block: str, tiled: Sequence[str]
) -> None:
    """Record fingerprints and faults, and which row of `block` holds the tile of which file."""
    records = []
    for result in results:
        empty = dict.fromkeys(Fingerprint.__dataclass_fields__)
        figures = asdict(result.fingerprint) if result.fingerprint else empty
        if result.fingerprint:
            figures["phash"] = _signed(result.fingerprint.phash)
            figures["dhash"] = _signed(result.fingerprint.dhash)
        records.append(
            {
                "sha256": result.sha256,
                "decoder": DECODER,
                "fault": result.fault,
                "detail": result.detail,
                **figures,
            }
        )
    placed = [
        {"sha256": sha256, "spec": spec, "block": block, "row": row}
        for row, sha256 in enumerate(tiled)
    ]
    with catalog.begin() as connection:
        if records:
            upsert(connection, fingerprints, records, [])
        if placed:
            upsert(connection, tiles, placed, ["block", "row"])


def file_facts(catalog: Catalog, dataset: str) -> dict[int, FileFacts]:
    """Return what is known of the files of a dataset's photos, by photo key."""
    figures = [name for name in Fingerprint.__dataclass_fields__ if name != "thumb"]
    query = (
        select(
            files.c.photo_key,
            files.c.sha256,
            files.c.fault,
            fingerprints.c.fault,
            *(fingerprints.c[name] for name in figures),
        )
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .where(
            files.c.photo_key.in_(
                select(sightings.c.photo_key).where(sightings.c.dataset == dataset)
            )
        )
    )
    facts: dict[int, FileFacts] = {}
    with catalog.begin() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query):
            key, sha256, fetch_fault, decode_fault, *values = row
            fault = fetch_fault or decode_fault
            facts[key] = FileFacts(
                sha256=sha256,
                fault=Reason(fault) if fault else None,
                fingerprint=_fingerprint(dict(zip(figures, values, strict=True))),
            )
    return facts


def _fingerprint(figures: dict[str, Any]) -> Fingerprint | None:
    if figures["phash"] is None:
        return None
    unsigned = {name: figures[name] % (1 << 64) for name in ("phash", "dhash")}
    return Fingerprint(**{**figures, **unsigned}, thumb=b"")


def thumbnails(catalog: Catalog, sha256s: Sequence[str]) -> NDArray[np.uint8]:
    """Return the grey thumbnails of decoded files, in the order asked for: uint8 (n, 32, 32)."""
    read: dict[str, bytes] = {}
    with catalog.begin() as connection:
        for start in range(0, len(sha256s), _NAMES_AT_ONCE):
            lot = sha256s[start : start + _NAMES_AT_ONCE]
            query = select(fingerprints.c.sha256, fingerprints.c.thumb).where(
                fingerprints.c.decoder == DECODER, fingerprints.c.sha256.in_(lot)
            )
            read.update((sha256, thumb) for sha256, thumb in connection.execute(query))
    return unpack_thumbs([read[sha256] for sha256 in sha256s])


def unpack_thumbs(thumbs: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return thumbnails as they are stored as one array: uint8 (n, 32, 32)."""
    flat = np.frombuffer(b"".join(thumbs), dtype=np.uint8)
    return flat.reshape(len(thumbs), THUMB_PX, THUMB_PX)


def replace_verdicts(catalog: Catalog, dataset: str, judged: Iterable[Verdict]) -> int:
    """Put a dataset's verdicts in the place of its former ones, all at once; count them."""
    rows = (
        {
            "dataset": dataset,
            "photo_key": verdict.key,
            "reason": verdict.reason.value,
            "instead_key": verdict.instead_key,
            "group_key": verdict.group_key,
        }
        for verdict in judged
    )
    count = 0
    with catalog.begin() as connection:
        connection.execute(delete(verdicts).where(verdicts.c.dataset == dataset))
        while lot := list(islice(rows, _ROWS_AT_ONCE)):
            insert_many(connection, insert(verdicts), lot)
            count += len(lot)
    return count


def funnel(catalog: Catalog, recipe: Recipe) -> dict[tuple[str, Reason], int]:
    """Count a dataset's photos by label and reason; every photo is counted once.

    A photo found under two labels counts under the alphabetically first one, unless a person
    decided otherwise. What was fetched or decoded since the last verdict shows as waiting for
    the next step.
    """
    # What waits for a person was decoded and judged.
    judged = Reason.AWAITING_REVIEW
    pending = [r.value for r in Reason if r.state == "pending" and r is not judged]
    reason = case(
        (verdicts.c.reason.not_in(pending), verdicts.c.reason),
        (files.c.fault.is_not(None), files.c.fault),
        (files.c.sha256.is_(None), Reason.AWAITING_DOWNLOAD.value),
        (fingerprints.c.sha256.is_(None), Reason.AWAITING_DECODE.value),
        else_=Reason.AWAITING_VERDICT.value,
    )
    found = (
        select(sightings.c.photo_key, func.min(sightings.c.label).label("label"))
        .where(asked_for(recipe))
        .group_by(sightings.c.photo_key)
        .subquery()
    )
    rows = (
        select(found.c.photo_key, found.c.label, reason.label("reason"))
        .select_from(found)
        .join(photos, photos.c.key == found.c.photo_key)
        .outerjoin(
            verdicts,
            (verdicts.c.photo_key == found.c.photo_key) & (verdicts.c.dataset == recipe.name),
        )
        .outerjoin(files, files.c.photo_key == found.c.photo_key)
        .outerjoin(fingerprints, FINGERPRINT_OF_FILE)
        .where(photos.c.source == dataset_source(catalog, recipe.name))
        .subquery()
    )
    # Those of which a person said something come one by one, in the same statement.
    told = case((rows.c.photo_key.in_(told_photos(recipe.labels)), rows.c.photo_key))
    named = select(rows.c.label, rows.c.reason, told.label("told")).subquery()
    query = select(*named.c, func.count().label("photos")).group_by(*named.c)
    counts: Counter[tuple[str, Reason]] = Counter()
    with catalog.begin() as connection:
        decided = decided_labels(connection, recipe)
        for row in connection.execute(query):
            labels, _ = decided.get(row.told, ((row.label,), None))
            counts[labels[0], Reason(row.reason)] += row.photos
    return dict(counts)
