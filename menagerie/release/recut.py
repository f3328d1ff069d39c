"""Samples cut once more: from tiles of the home where they are, else from the stored photos."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.database import Catalog
from menagerie.catalog.verifying import tile_places
from menagerie.cores import usable_cores
from menagerie.errors import PhotoError, ReleaseError
from menagerie.photos.decode import DECODER, read_tile
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Release

_ROWS_AT_ONCE = 500
_NAMED = 20


class Sample(NamedTuple):
    """A row of an array: whose it is and which file."""

    photo_id: str
    sha256: str


class Cutter:
    """Cuts the samples of a release as `decoder` did, with what a home still has.

    Tiles are taken where they are, unless `afresh`: then all photos are decoded.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: PhotoStore,
        blocks: Path | str,
        release: Release,
        decoder: str,
        *,
        afresh: bool,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._release = release
        self._spec = tile_spec(release, decoder)
        self._tiles = TileStore(blocks, self._spec)
        self._decodes = decoder == DECODER
        self._decoder = decoder
        self._afresh = afresh

    def write(
        self, path: Path, samples: Iterable[Sample], count: int, advance: Advance = unwatched
    ) -> None:
        """Write uint8 (count, size, size, 3), a lot of rows at a time.

        Raises:
            ReleaseError: some photos are lost; says which.
        """
        size_px = self._release.image_size_px
        lost: list[Sample] = []
        with (
            path.open("wb") as out,
            ThreadPoolExecutor(usable_cores(), thread_name_prefix="decode") as threads,
        ):
            descr = np.lib.format.dtype_to_descr(np.dtype(np.uint8))
            shape = (count, size_px, size_px, 3)
            head = {"descr": descr, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(out, head)
            rows, done = iter(samples), 0
            while lot := list(islice(rows, _ROWS_AT_ONCE)):
                done += len(lot)
                tiles = list(self._cut(lot, threads))
                lost += [sample for sample, tile in zip(lot, tiles, strict=True) if tile is None]
                if not lost:
                    out.write(np.stack([t for t in tiles if t is not None]).tobytes())
                advance(0, f"{path.name}: {done:,} of {count:,}")
        if lost:
            raise self._lost(lost)

    def _cut(
        self, lot: Sequence[Sample], threads: ThreadPoolExecutor
    ) -> Iterator[NDArray[np.uint8] | None]:
        places: dict[str, tuple[str, int]] = {}
        if not self._afresh:
            places = tile_places(self._catalog, self._spec, [sample.sha256 for sample in lot])
        return threads.map(lambda sample: self._one(sample, places.get(sample.sha256)), lot)

    def _one(self, sample: Sample, place: tuple[str, int] | None) -> NDArray[np.uint8] | None:
        if place is not None:
            block, row = place
            try:
                tile: NDArray[np.uint8] = np.array(self._tiles.open(block)[row])
            except (OSError, ValueError, IndexError):
                # Lost or cut off: the photo itself may be there.
                pass
            else:
                return tile
        return self._decoded(sample.sha256) if self._decodes else None

    def _decoded(self, sha256: str) -> NDArray[np.uint8] | None:
        try:
            data = self._store.read(sha256)
            if hashlib.sha256(data).hexdigest() != sha256:
                return None
            return read_tile(data, self._release.image_size_px, self._release.resize)
        except (FileNotFoundError, PhotoError):
            return None

    def _lost(self, lost: Sequence[Sample]) -> ReleaseError:
        named = ", ".join(sample.photo_id for sample in lost[:_NAMED])
        more = f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else ""
        if not self._decodes:
            return ReleaseError(
                f"The samples of this release were cut by the decoder {self._decoder!r}, and this"
                f" version has {DECODER!r}, which gives other pixels; of {len(lost):,} photos no"
                f" tile is left: {named}{more}. Use the version of menagerie that made it; nothing"
                " was changed."
            )
        return ReleaseError(
            f"{len(lost):,} photos of this release are neither in the photo store, with their"
            f" bytes unchanged, nor among the tiles: {named}{more}. Nothing was changed."
        )
