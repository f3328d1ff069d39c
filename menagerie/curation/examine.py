"""Decoding stored photos: one pass gives fingerprint and tile."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.curation import (
    Decoded,
    fingerprinted,
    forget_block,
    forget_bytes,
    record_decoded,
    tile_blocks,
    undecoded,
)
from menagerie.catalog.database import Catalog
from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError
from menagerie.photos.decode import WORK_EDGE_PX, cut_tile, decode
from menagerie.photos.fingerprint import fingerprint
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Release

_Outcome = tuple[Decoded, NDArray[np.uint8] | None]


def forget_lost_tiles(catalog: Catalog, tiles: TileStore, spec: str) -> None:
    """Let photos be decoded again whose block of tiles is no longer there."""
    for block in tile_blocks(catalog, spec):
        if block not in tiles:
            forget_block(catalog, spec, block)


def forget_lost_photos(catalog: Catalog, store: PhotoStore, dataset: str, spec: str) -> None:
    """Let photos be fetched again that are to be decoded and that the store does not have."""
    lost = [sha256 for sha256 in undecoded(catalog, dataset, spec) if sha256 not in store]
    forget_bytes(catalog, lost)


def examine(
    catalog: Catalog,
    store: PhotoStore,
    tiles: TileStore,
    sha256s: Sequence[str],
    release: Release,
    advance: Advance = unwatched,
) -> int:
    """Decode stored files, record their fingerprints and write their tiles as one block.

    Returns how many could be decoded. A file that the store has lost waits for its next
    download. The block is written before the catalog names it, so
    that a crash in between leaves a file nobody refers to, which the next try overwrites.
    """

    def one(sha256: str) -> _Outcome | None:
        outcome = _examine(store, sha256, release)
        advance(1, "")
        return outcome

    # Decoders release the interpreter lock.
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decode") as threads:
        examined = list(threads.map(one, sha256s))
    outcomes = [outcome for outcome in examined if outcome is not None]
    lost = [sha256 for sha256, outcome in zip(sha256s, examined, strict=True) if outcome is None]
    forget_bytes(catalog, lost)
    cut = [(decoded.sha256, tile) for decoded, tile in outcomes if tile is not None]
    block = ""
    if cut:
        block = tiles.write([sha256 for sha256, _ in cut], np.stack([tile for _, tile in cut]))
    known = fingerprinted(catalog, sha256s)
    fresh = [decoded for decoded, _ in outcomes if decoded.sha256 not in known]
    record_decoded(catalog, fresh, tile_spec(release), block, [sha256 for sha256, _ in cut])
    return len(cut)


def _examine(store: PhotoStore, sha256: str, release: Release) -> _Outcome | None:
    """Decode one file; None when the store does not have it."""
    try:
        data = store.read(sha256)
        picture = decode(data)
        prints = fingerprint(picture)
        if release.image_size_px > WORK_EDGE_PX:
            # Fingerprints are always taken at one scale; a larger tile needs a larger decode.
            picture = decode(data, release.image_size_px)
        return Decoded(sha256, prints), cut_tile(picture, release.image_size_px, release.resize)
    except FileNotFoundError:
        return None
    except PhotoError as error:
        return Decoded(sha256, None, Reason(error.reason), str(error)), None
