"""`tf.train.Example` in the wire format of protocol buffers, without TensorFlow.

What TensorFlow calls these messages:

    message Example   { Features features = 1; }
    message Features  { map<string, Feature> feature = 1; }   // an entry: key = 1, value = 2
    message Feature   { oneof kind { BytesList bytes_list = 1; Int64List int64_list = 3; } }
    message BytesList { repeated bytes value = 1; }
    message Int64List { repeated int64 value = 1 [packed = true]; }
"""

from collections.abc import Mapping

from menagerie.export.records import varint, with_length

# What a field begins with: its number in the message, and 2 for "a length, then the content".
_FIELD_1, _FIELD_2, _FIELD_3 = (bytes((number << 3 | 2,)) for number in (1, 2, 3))


def example(features: Mapping[str, bytes | str | int]) -> bytes:
    """Encode features that have one value each; numbers are 0 or more."""
    entries = [with_length(_FIELD_1, _entry(*named)) for named in sorted(features.items())]
    return with_length(_FIELD_1, b"".join(entries))


def _entry(name: str, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        feature = with_length(_FIELD_3, with_length(_FIELD_1, varint(value)))
    else:
        text = value.encode("utf-8", "replace") if isinstance(value, str) else value
        feature = with_length(_FIELD_1, with_length(_FIELD_1, text))
    return with_length(_FIELD_1, name.encode()) + with_length(_FIELD_2, feature)
