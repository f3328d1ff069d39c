"""Tile blocks: samples cut at decoding time, so that a release copies and does not decode."""

from pathlib import Path
from typing import TYPE_CHECKING

from menagerie.photos.blocks import BlockStore
from menagerie.photos.decode import DECODER

if TYPE_CHECKING:  # The decoding child reads no recipe.
    from menagerie.recipe import Release


def tile_spec(release: "Release", decoder: str = DECODER) -> str:
    """Name the kind of tile that a recipe needs, with the decoder that cuts it."""
    return f"{decoder}-{release.image_size_px}-{release.resize}"


class TileStore(BlockStore):
    """Blocks of tiles, uint8 (n, size, size, 3)."""

    def __init__(self, root: Path | str, spec: str) -> None:
        super().__init__(root, f"tiles/{spec}")
