"""What made a release, told in its manifest: so that it can be made again, and checked."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from menagerie import __version__
from menagerie.photos.decode import DECODER
from menagerie.recipe import Recipe
from menagerie.release.contents import shaping


@dataclass(frozen=True, slots=True)
class Origin:
    """The version of menagerie, what cut the samples, and the SHA-256 of `recipe.toml`.

    All are empty in releases of versions that did not tell.
    """

    menagerie: str
    decoder: str
    recipe: str

    def to_metadata(self) -> dict[str, str]:
        """Return what stands in the metadata of the manifest."""
        return {f"menagerie.{name}": value for name, value in asdict(self).items()}


def origin_of(recipe: Recipe, decoder: str = DECODER) -> Origin:
    """Tell what makes a release by this recipe."""
    text = shaping(recipe).to_toml()
    return Origin(__version__, decoder, hashlib.sha256(text.encode()).hexdigest())


def read_origin(manifest: Path) -> Origin:
    """Read what made a release from its manifest."""
    told = pq.read_schema(manifest).metadata or {}
    names = Origin.__dataclass_fields__
    return Origin(**{name: told.get(f"menagerie.{name}".encode(), b"").decode() for name in names})
