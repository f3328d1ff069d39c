"""Decoding a batch of stored files: their fingerprints, and one block of their tiles."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError
from menagerie.photos.blocks import block_name
from menagerie.photos.decode import WORK_EDGE_PX, cut_tile, decode
from menagerie.photos.fingerprint import Fingerprint, Sketch, fingerprints, sketch
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Stored files to decode, and the kind of tile to cut: see `menagerie.photos.tiles`.

    No tiles are kept when `spec` is empty.
    """

    sha256s: Sequence[str]
    spec: str
    size_px: int
    resize: str


@dataclass(slots=True)
class Examined:
    """What came of a batch.

    A file has a fingerprint and a tile, or a fault and its detail, or the store has `lost` it.
    `tiled` names the files in the order of the rows of `block`.
    """

    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    faults: dict[str, tuple[Reason, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    tiled: list[str] = field(default_factory=list)
    block: str = ""


Watched = Callable[[str], AbstractContextManager[None]]
"""Entered with a file's SHA-256 while its bytes are decoded."""


def examine_batch(
    store: PhotoStore, tiles: TileStore, batch: Batch, threads: int, watched: Watched
) -> Examined:
    """Decode the files of a batch in so many threads and write the block of their tiles."""
    shape = (batch.size_px, batch.size_px, 3)
    with tiles.draft(shape, np.uint8) if batch.spec else nullcontext() as draft:

        def examined(row: int) -> Sketch | PhotoError | None:
            sha256 = batch.sha256s[row]
            try:
                data = store.read(sha256)
            except FileNotFoundError:
                return None
            with watched(sha256):
                try:
                    drawn, tile = _examine(data, batch)
                except PhotoError as error:
                    return error
            if draft is not None:
                draft.write(row, tile[None])
            return drawn

        result, rows = _gathered(batch, _side_by_side(examined, len(batch.sha256s), threads))
        if rows and draft is not None:
            result.block = block_name(result.tiled)
            draft.finish(result.block, rows)
    return result


def _gathered(
    batch: Batch, outcomes: Sequence[Sketch | PhotoError | None]
) -> tuple[Examined, list[int]]:
    """Sort out what came of a batch; return the rows of the files that have a tile, too."""
    result, sketches, rows = Examined(), [], []
    for row, (sha256, outcome) in enumerate(zip(batch.sha256s, outcomes, strict=True)):
        if outcome is None:
            result.lost.append(sha256)
        elif isinstance(outcome, PhotoError):
            result.faults[sha256] = Reason(outcome.reason), str(outcome)
        else:
            result.tiled.append(sha256)
            sketches.append(outcome)
            rows.append(row)
    result.fingerprints = dict(zip(result.tiled, fingerprints(sketches), strict=True))
    return result, rows


def _side_by_side(work: Callable[[int], _T], count: int, threads: int) -> list[_T]:
    """Return what `work` makes of 0, 1, ... `count` - 1.

    The threads take numbers by themselves: to hand out each one, and to await it, would wake
    another thread for each.
    """
    todo, done = iter(range(count)), dict[int, _T]()

    def take() -> None:
        # Decoders release the interpreter lock; `next` does not.
        for number in todo:
            done[number] = work(number)

    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        for worker in [pool.submit(take) for _ in range(threads)]:
            worker.result()
    return [done[number] for number in range(count)]


def _examine(data: bytes, batch: Batch) -> tuple[Sketch, NDArray[np.uint8]]:
    """Sketch a photo and cut its tile."""
    picture = decode(data)
    drawn = sketch(picture)
    if batch.size_px > WORK_EDGE_PX:
        # Fingerprints are always taken at one scale; a larger tile needs a larger decode.
        picture = decode(data, batch.size_px)
    return drawn, cut_tile(picture, batch.size_px, batch.resize)


def to_json(examined: Examined) -> dict[str, Any]:
    """Return what came of a batch as a JSON document."""
    return {
        "fingerprints": {
            sha256: {
                name: getattr(taken, name) if name != "thumb" else taken.thumb.hex()
                for name in Fingerprint.__slots__
            }
            for sha256, taken in examined.fingerprints.items()
        },
        "faults": examined.faults,
        "lost": examined.lost,
        "tiled": examined.tiled,
        "block": examined.block,
    }


def from_json(document: dict[str, Any]) -> Examined:
    """Read what `to_json` wrote."""
    return Examined(
        fingerprints={
            sha256: Fingerprint(**{**taken, "thumb": bytes.fromhex(taken["thumb"])})
            for sha256, taken in document["fingerprints"].items()
        },
        faults={
            sha256: (Reason(reason), detail)
            for sha256, (reason, detail) in document["faults"].items()
        },
        lost=document["lost"],
        tiled=document["tiled"],
        block=document["block"],
    )
