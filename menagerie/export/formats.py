"""The formats, by the names that the command line knows."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from menagerie.export.layout import Layout

# Module and class; loaded when asked for, since the command line names them in its help.
FORMATS = {
    "folder": ("folder", "Folder"),
    "tfrecord": ("tfrecord", "TFRecord"),
    "webdataset": ("webdataset", "WebDataset"),
    "huggingface": ("huggingface", "HuggingFace"),
}


def layout_of(name: str) -> "Layout":
    """Return the layout of a format."""
    module, layout = FORMATS[name]
    made: Layout = getattr(import_module(f"menagerie.export.{module}"), layout)()
    return made
