"""The arrays of a release: their form, and whether they agree with the manifest."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from menagerie.release.split import SPLITS
from menagerie.release.verifying.inspection import FORMS, Findings, Inspection

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Header(NamedTuple):
    """What the head of an `.npy` file says, and how many bytes the file has and should have."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    fortran_order: bool
    size: int
    wanted: int


def find_damaged_arrays(inspection: Inspection, found: Findings) -> None:
    """Arrays are uint8 (n, s, s, 3) and int64 (n,), not pickled, and whole."""
    edge = inspection.recipe().release.image_size_px
    for split in SPLITS:
        lengths = []
        for kind, rest in (("x", (edge, edge, 3)), ("y", ())):
            name = f"{kind}_{split}.npy"
            try:
                header = read_header(inspection.folder / name)
            except (OSError, ValueError) as error:
                found.fault(f"{name} cannot be read: {error}")
                continue
            lengths.append(header.shape[:1])
            for fault in _faults(header, kind, rest):
                found.fault(f"{name} {fault}")
        if len(set(lengths)) > 1:
            found.fault(f"x_{split}.npy and y_{split}.npy are not of one length: {lengths}.")


def _faults(header: Header, kind: str, rest: tuple[int, ...]) -> list[str]:
    faults = []
    if header.dtype.hasobject:
        return ["holds pickled objects."]
    if header.dtype != FORMS[kind][0] or header.fortran_order:
        faults.append(f"holds {header.dtype}, not {FORMS[kind][0]} in C order.")
    if header.shape[1:] != rest or not header.shape:
        faults.append(f"has the shape {header.shape}, not {('n', *rest)}.")
    if header.size != header.wanted:
        faults.append(f"has {header.size:,} bytes; its head speaks of {header.wanted:,}.")
    return faults


def read_header(path: Path) -> Header:
    """Read the head of an `.npy` file.

    Raises:
        OSError, ValueError: it is not there, or is no such file.
    """
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version not in _READERS:
            raise ValueError(f"{path.name} is of version {version} of the format")
        shape, fortran_order, dtype = _READERS[version](file)
        wanted = file.tell() + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return Header(shape, dtype, fortran_order, path.stat().st_size, wanted)


def find_wrong_labels(inspection: Inspection, found: Findings) -> None:
    """The class numbers are those of the labels in the manifest, in the order of the classes."""
    classes = json.loads((inspection.folder / "classes.json").read_text(encoding="utf-8"))
    if classes != list(inspection.recipe().labels):
        found.fault(f"classes.json says {classes}, the recipe {list(inspection.recipe().labels)}.")
    numbers = {split: inspection.array("y", split) for split in SPLITS}
    for row in inspection.rows("split", "row", "label", "photo_id"):
        y, place, label = numbers.get(row["split"]), row["row"], row["label"]
        if y is None or not 0 <= place < len(y):
            found.fault(f"The photo {row['photo_id']} stands in no row of y_{row['split']}.npy.")
        elif label not in classes or y[place] != classes.index(label):
            found.fault(
                f"Row {place} of y_{row['split']}.npy is {y[place]}; the photo"
                f" {row['photo_id']} is labelled {label!r}."
            )
