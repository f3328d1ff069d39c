"""`huggingface`: folders of PNGs with `metadata.jsonl`, as `datasets` and the Hub read them."""

import numpy as np
from numpy.typing import NDArray

from menagerie.export.layout import Card, Pictures, ShardLayout, one_line
from menagerie.export.pictures import png
from menagerie.export.place import Place, flush
from menagerie.export.source import FACTS, Shard, Source

_METADATA = "metadata.jsonl"

_FILES = """\
- `train/*/*.png`, `test/*/*.png`: the samples, with the very pixels of the release. A folder \
holds {most:,} at most; its `metadata.jsonl` has file, class, photo, owner, licence and page of \
each.
"""
_USE = """\
```python
train = datasets.load_dataset("PATH/OF/THIS/FOLDER", split="train")
train[0]["image"], train.features["label"].names
```
"""


class HuggingFace(ShardLayout):
    """A folder a shard, which appears with all its pictures at once."""

    def encode(self, tiles: NDArray[np.uint8]) -> list[bytes]:
        """Encode tiles, uint8 (n, size, size, 3), as PNGs."""
        return png(tiles)

    def path(self, shard: Shard) -> str:
        """Name the folder of a shard."""
        return f"{shard.split}/{shard.number:05d}"

    def write(self, place: Place, shard: Shard, pictures: Pictures) -> None:
        """Write the pictures of a shard and what is known of them."""
        with place.writing(self.path(shard)) as folder:
            folder.mkdir()
            with (folder / _METADATA).open("wb") as metadata:
                for sample, picture in pictures:
                    (folder / f"{sample.name}.png").write_bytes(picture)
                    line = {"file_name": f"{sample.name}.png", **sample.facts()}
                    metadata.write(one_line(line))
            flush(folder / _METADATA)

    def card(self, source: Source) -> Card:
        """Tell how it is read; the head says so to programs.

        It gives each column its type: `datasets` would guess, and take texts that look like dates
        for dates. The types go unheeded unless they stand among the keys of a configuration.
        """
        names = "".join(f'            "{n}": "{c}"\n' for n, c in enumerate(source.classes))
        texts = "".join(
            f"    - name: {name}\n      dtype: string\n" for name in FACTS if name != "label"
        )
        return Card(
            _FILES.format(most=source.samples_in_shard),
            _USE,
            "configs:\n- config_name: default\n  data_files:\n"
            "  - split: train\n    path: train/**\n  - split: test\n    path: test/**\n"
            "  features:\n    - name: image\n      dtype: image\n"
            "    - name: label\n      dtype:\n        class_label:\n          names:\n"
            f"{names}{texts}",
        )
