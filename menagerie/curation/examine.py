"""Decoding stored photos: one pass gives fingerprint and tile."""

from collections.abc import Sequence

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
from menagerie.photos.decoder import Decoder
from menagerie.photos.examining import Batch
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Release


def forget_lost_tiles(catalog: Catalog, tiles: TileStore, spec: str) -> None:
    """Let photos be decoded again whose block of tiles is no longer there."""
    for block in tiles.lost(tile_blocks(catalog, spec)):
        forget_block(catalog, spec, block)


def forget_lost_photos(catalog: Catalog, store: PhotoStore, dataset: str, spec: str) -> None:
    """Let photos be fetched again that are to be decoded and that the store does not have."""
    forget_bytes(catalog, store.lost(undecoded(catalog, dataset, spec)))


def examine(
    catalog: Catalog,
    decoder: Decoder,
    sha256s: Sequence[str],
    release: Release,
    advance: Advance = unwatched,
) -> int:
    """Decode stored files, record their fingerprints and where their tiles are.

    Returns how many could be decoded. A file that the store has lost waits for its next
    download. The block of tiles is written before the catalog names it, so that a crash in
    between leaves a file nobody refers to, which the next try overwrites.
    """
    spec = tile_spec(release)
    batch = Batch(sha256s, spec, release.image_size_px, release.resize)
    examined = decoder.examine(batch, advance)
    forget_bytes(catalog, examined.lost)
    known = fingerprinted(catalog, sha256s)
    fresh = [
        Decoded(sha256, taken)
        for sha256, taken in examined.fingerprints.items()
        if sha256 not in known
    ]
    fresh += [
        Decoded(sha256, None, reason, detail)
        for sha256, (reason, detail) in examined.faults.items()
        if sha256 not in known
    ]
    record_decoded(catalog, fresh, spec, examined.block, examined.tiled)
    return len(examined.tiled)
