"""`tfrecord`: shards of `tf.train.Example`, for tf.data. TensorFlow is not needed to write them."""

import struct
from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from menagerie.export.examples import example
from menagerie.export.layout import Card, Pictures, ShardLayout
from menagerie.export.pictures import png
from menagerie.export.place import Place, flush
from menagerie.export.records import framed
from menagerie.export.source import Sample, Shard, Source

# Their checksums are computed together.
_RECORDS_AT_ONCE = 256

_FILES = """\
- `train-*.tfrecord`, `test-*.tfrecord`: a `tf.train.Example` for each sample, with \
`image/encoded` (PNG: the very pixels of the release), `image/format`, `image/height`, \
`image/width`, `image/class/label` (int64), `image/class/text`, and as texts `photo/id`, \
`photo/owner`, `photo/owner_name`, `photo/title`, `photo/license`, `photo/license_name`, \
`photo/license_url`, `photo/page_url` and `photo/sha256`.
"""
_USE = """\
```python
features = {{"image/encoded": tf.io.FixedLenFeature([], tf.string),
            "image/class/label": tf.io.FixedLenFeature([], tf.int64)}}

def read(record):
    found = tf.io.parse_single_example(record, features)
    image = tf.io.decode_png(found["image/encoded"], channels=3)
    return tf.ensure_shape(image, ({size}, {size}, 3)), found["image/class/label"]

files = tf.data.Dataset.list_files("train-*.tfrecord", shuffle=False)
train = tf.data.TFRecordDataset(files).map(read)
```
"""


class TFRecord(ShardLayout):
    """Records with checksums, one after the other."""

    def encode(self, tiles: NDArray[np.uint8]) -> list[bytes]:
        """Encode tiles, uint8 (n, size, size, 3), as PNGs."""
        return png(tiles)

    def path(self, shard: Shard) -> str:
        """Name a shard as TensorFlow Datasets does."""
        return f"{shard.split}-{shard.number:05d}-of-{shard.parts:05d}.tfrecord"

    def write(self, place: Place, shard: Shard, pictures: Pictures) -> None:
        """Write the records of a shard."""
        with place.writing(self.path(shard)) as path:
            with path.open("wb") as out:
                for records in _batched(pictures):
                    out.writelines(framed(records))
            flush(path)

    def card(self, source: Source) -> Card:
        """Tell how tf.data reads it."""
        return Card(_FILES, _USE.format(size=source.image_size_px))


def _batched(pictures: Pictures) -> Iterator[list[bytes]]:
    records = (_record(sample, picture) for sample, picture in pictures)
    while batch := list(islice(records, _RECORDS_AT_ONCE)):
        yield batch


def _record(sample: Sample, picture: bytes) -> bytes:
    # The size stands in the header of a PNG, at a fixed place.
    width, height = struct.unpack_from(">II", picture, 16)
    facts = sample.facts()
    return example(
        {
            "image/encoded": picture,
            "image/format": "png",
            "image/height": height,
            "image/width": width,
            "image/class/label": sample.number,
            "image/class/text": facts.pop("label"),
            "photo/id": facts.pop("photo_id"),
            **{f"photo/{name}": text for name, text in facts.items()},
        }
    )
