"""`tf.train.Example` in the wire format of protocol buffers, without TensorFlow.

What TensorFlow calls these messages:

    message Example   { Features features = 1; }
    message Features  { map<string, Feature> feature = 1; }   // an entry: key = 1, value = 2
    message Feature   { oneof kind { BytesList bytes_list = 1; Int64List int64_list = 3; } }
    message BytesList { repeated bytes value = 1; }
    message Int64List { repeated int64 value = 1 [packed = true]; }
"""

from collections.abc import Mapping


def example(features: Mapping[str, bytes | str | int]) -> bytes:
    """Encode features that have one value each; numbers are 0 or more."""
    return _field(1, b"".join(_field(1, _entry(*feature)) for feature in sorted(features.items())))


def _entry(name: str, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        feature = _field(3, _field(1, _varint(value)))
    else:
        text = value.encode("utf-8", "replace") if isinstance(value, str) else value
        feature = _field(1, _field(1, text))
    return _field(1, name.encode()) + _field(2, feature)


def _field(number: int, content: bytes) -> bytes:
    """Encode a field that has a length: its number, wire type 2, the length, the content."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Encode seven bits a byte, the lowest first; all bytes but the last have the top bit set."""
    if value < 0x80:
        return bytes((value,))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
