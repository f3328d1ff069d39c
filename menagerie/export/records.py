"""TFRecords, and the wire format of protocol buffers that stands in them, without TensorFlow."""

import struct
from collections.abc import Iterator

from menagerie.export.crc32c import crc32c, masked


def framed(records: list[bytes]) -> Iterator[bytes]:
    """Put each record between its length, the length's checksum and its own checksum."""
    lengths = [struct.pack("<Q", len(record)) for record in records]
    of_lengths, of_records = masked(crc32c(lengths)).tolist(), masked(crc32c(records)).tolist()
    for length, first, record, second in zip(lengths, of_lengths, records, of_records, strict=True):
        yield length + struct.pack("<I", first)
        yield record
        yield struct.pack("<I", second)


def with_length(field: bytes, content: bytes) -> bytes:
    """Encode a field that has a length: a text, or a message."""
    return b"%b%b%b" % (field, varint(len(content)), content)


def varint(value: int) -> bytes:
    """Encode seven bits a byte, the lowest first; all bytes but the last have the top bit set."""
    if value < 0x80:
        return bytes((value,))
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    return bytes((value & 0x7F | 0x80,)) + varint(value >> 7)
