"""`folder`: JPEGs in a folder for each class, as Keras and many other programs read them."""

import csv
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from menagerie.export.layout import Card, Layout, Pictures
from menagerie.export.pictures import JPEG_QUALITY, jpeg
from menagerie.export.place import Place
from menagerie.export.source import FACTS, Sample, Shard, Source
from menagerie.spreadsheets import guarded

_SAMPLES = "samples.csv"

_FILES = """\
- `train/CLASS/*.jpg`, `test/CLASS/*.jpg`: the samples, as JPEGs of quality {quality} with full \
colour: near to the pixels of the release, not equal to them.
- `samples.csv`: file, class, photo, owner, licence and page of each sample.
"""
_USE = """\
Keras numbers classes in the order of the alphabet unless it is told otherwise:

```python
labels = {classes}
train = keras.utils.image_dataset_from_directory(
    "train", class_names=labels, image_size=({size}, {size}))
```
"""


class Folder(Layout):
    """One file a sample: the sub-folder says the class."""

    def encode(self, tiles: NDArray[np.uint8]) -> list[bytes]:
        """Encode tiles, uint8 (n, size, size, 3), as JPEGs."""
        return jpeg(tiles)

    def missing(self, place: Place, shard: Shard) -> Sequence[Sample]:
        """Return the samples that have no file."""
        return [sample for sample in shard.samples if not (place.out / _path(sample)).exists()]

    def write(self, place: Place, shard: Shard, pictures: Pictures) -> None:  # noqa: ARG002
        """Write each picture under its name."""
        for sample, picture in pictures:
            with place.writing(_path(sample)) as path:
                path.write_bytes(picture)

    def write_around(self, place: Place, source: Source) -> None:
        """Write the table of samples."""
        if (place.out / _SAMPLES).exists():
            return
        with (
            place.writing(_SAMPLES) as path,
            path.open("w", encoding="utf-8", newline="") as out,
        ):
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["file", "split", *FACTS])
            for sample in source.samples():
                facts = [guarded(text) for text in sample.facts().values()]
                writer.writerow([_path(sample), sample.split, *facts])

    def card(self, source: Source) -> Card:
        """Tell how Keras reads it."""
        return Card(
            _FILES.format(quality=JPEG_QUALITY),
            _USE.format(classes=list(source.classes), size=source.image_size_px),
        )


def _path(sample: Sample) -> str:
    return f"{sample.split}/{sample.label}/{sample.name}.jpg"
