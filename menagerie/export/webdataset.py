"""`webdataset`: tar shards, a `.png`, a `.cls` and a `.json` for each sample."""

import io
import tarfile

import numpy as np
from numpy.typing import NDArray

from menagerie.export.layout import Card, Pictures, ShardLayout, one_line
from menagerie.export.pictures import png
from menagerie.export.place import Place, flush
from menagerie.export.source import Shard, Source

_FILES = """\
- `train-*.tar`, `test-*.tar`: for each sample `NAME.png` (the very pixels of the release), \
`NAME.cls` (its class number) and `NAME.json` (class, photo, owner, licence and page).
"""
_USE = """\
```python
train = (webdataset.WebDataset("train-{{{first:06d}..{last:06d}}}.tar", shardshuffle=False)
         .decode("rgb8").to_tuple("png", "cls", "json"))
```
"""


class WebDataset(ShardLayout):
    """Members of a tar that share a name up to its first dot make a sample."""

    def encode(self, tiles: NDArray[np.uint8]) -> list[bytes]:
        """Encode tiles, uint8 (n, size, size, 3), as PNGs."""
        return png(tiles)

    def path(self, shard: Shard) -> str:
        """Name a shard so that braces can name them all."""
        return f"{shard.split}-{shard.number:06d}.tar"

    def write(self, place: Place, shard: Shard, pictures: Pictures) -> None:
        """Write the tar of a shard."""
        with place.writing(self.path(shard)) as path:
            with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
                for sample, picture in pictures:
                    _add(tar, f"{sample.name}.png", picture)
                    _add(tar, f"{sample.name}.cls", str(sample.number).encode())
                    _add(tar, f"{sample.name}.json", one_line(sample.facts()))
            flush(path)

    def card(self, source: Source) -> Card:
        """Tell how webdataset reads it."""
        return Card(_FILES, _USE.format(first=0, last=source.parts["train"] - 1))


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    # Time, owner and rights stay at their defaults: the same samples make the same bytes.
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
