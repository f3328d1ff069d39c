"""Logs for TensorBoard, in the format of its event files; neither it nor TensorFlow is needed.

An event file is a TFRecord of these messages:

    message Event   { double wall_time = 1; int64 step = 2;
                      string file_version = 3; Summary summary = 5; }
    message Summary { repeated Value value = 1; }
    message Value   { string tag = 1; float simple_value = 2; }
"""

import struct
from collections.abc import Mapping
from pathlib import Path

from menagerie.export.records import framed, varint, with_length

# What a field begins with: its number in the message, and its wire type.
_WALL_TIME, _STEP, _VERSION, _SUMMARY = b"\x09", b"\x10", b"\x1a", b"\x2a"
_VALUE, _TAG, _SIMPLE_VALUE = b"\x0a", b"\x0a", b"\x15"

_OF_VALIDATION = "val_"


def write_epoch(folder: Path, epoch: int, figures: Mapping[str, float], ended_at: float) -> None:
    """Add an epoch's figures to `train/` and `validation/`, under the names that Keras gives."""
    runs: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
    for name, value in figures.items():
        run = "validation" if name.startswith(_OF_VALIDATION) else "train"
        runs[run][f"epoch_{name.removeprefix(_OF_VALIDATION)}"] = value
    for run, values in runs.items():
        if values:
            # From 0, as Keras counts them there.
            _append(folder / run / "events.out.tfevents.menagerie", epoch - 1, values, ended_at)


def _append(path: Path, step: int, values: Mapping[str, float], ended_at: float) -> None:
    when = _WALL_TIME + struct.pack("<d", ended_at)
    summary = b"".join(with_length(_VALUE, _value(*named)) for named in values.items())
    events = [when + _STEP + varint(step) + with_length(_SUMMARY, summary)]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        events.insert(0, when + with_length(_VERSION, b"brain.Event:2"))
    with path.open("ab") as file:
        file.writelines(framed(events))


def _value(tag: str, value: float) -> bytes:
    return with_length(_TAG, tag.encode()) + _SIMPLE_VALUE + struct.pack("<f", value)
