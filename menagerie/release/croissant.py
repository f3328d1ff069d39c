"""Croissant metadata: what a release holds, in the words that tools for datasets share.

Written for version 1.0 of http://mlcommons.org/croissant/. It asks for a date of publication and
a version; both are left out, since a release tells no time and its id follows from this file.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from menagerie import __version__
from menagerie.licenses import by_id
from menagerie.recipe import Recipe, parse_recipe
from menagerie.release.arrays import read_classes
from menagerie.release.tables import read_sources
from menagerie.terms import notice_of

FILE = "croissant.json"

_TERMS = [
    "citeAs",
    "column",
    "equivalentProperty",
    "extract",
    "field",
    "fileProperty",
    "fileObject",
    "fileSet",
    "format",
    "includes",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
]

# What the specification says at its place: readers compare it, word for word.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}

_FORMATS = {
    ".npy": "application/octet-stream",
    ".json": "application/json",
    ".parquet": "application/x-parquet",
    ".csv": "text/csv",
    ".html": "text/html",
    ".md": "text/markdown",
    ".toml": "application/toml",
}

_MEANINGS = {
    "x_train.npy": "Images to train with, uint8 (photos, size, size, 3), RGB; NumPy's format.",
    "x_test.npy": "Images to test with, uint8 (photos, size, size, 3), RGB; NumPy's format.",
    "y_train.npy": "Class numbers of x_train.npy, int64 (photos,); NumPy's format.",
    "y_test.npy": "Class numbers of x_test.npy, int64 (photos,); NumPy's format.",
    "classes.json": "The labels in the order of their numbers.",
    "manifest.parquet": "One row a sample: where it stands, what it shows, whose it is.",
    "rejected.parquet": "One row for each photo that was found and left out, and why.",
}

_TABLES = {"samples": "manifest.parquet", "rejected": "rejected.parquet"}


def write_croissant(folder: Path, digests: Mapping[str, str]) -> None:
    """Describe a folder that holds all other files of a release.

    `digests` holds the SHA-256 of each by its name.
    """
    recipe = parse_recipe((folder / "recipe.toml").read_text(encoding="utf-8"), str(folder))
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": recipe.name,
        "description": _description(recipe, read_sources(folder / "manifest.parquet")),
        "license": _licenses(folder),
        "citeAs": f"{recipe.dataset.title or recipe.name}. Photos by those whom CREDITS.csv names.",
        # Where it lies nobody knows yet: its card speaks for it.
        "url": "README.md",
        "keywords": [keyword for _, keyword in recipe.searches],
        "creativeWorkStatus": f"made by menagerie {__version__}",
        "isLiveDataset": False,
        "distribution": [_file(folder, name, digest) for name, digest in digests.items()],
        "recordSet": [_classes(folder), *(_table(folder, name) for name in _TABLES)],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def _description(recipe: Recipe, sources: set[str]) -> str:
    edge = recipe.release.image_size_px
    return (
        f"{recipe.dataset.title or recipe.name}: photos of {', '.join(recipe.labels)} as"
        f" {edge} x {edge} pixels, split so that no owner stands on both sides. Each photo keeps"
        " the licence of its owner: CREDITS.csv names them all."
        f" {' '.join(notice_of(source) for source in sorted(sources))}"
    ).rstrip()


def _licenses(folder: Path) -> list[str]:
    """Name every licence of the samples, by its address where it has one."""
    column = pq.read_table(folder / "manifest.parquet", columns=["license"])["license"]
    licenses = [by_id(name) for name in sorted(pc.unique(column).to_pylist())]
    return [license.url or license.name for license in licenses]


def _file(folder: Path, name: str, digest: str) -> dict[str, Any]:
    entry = {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{(folder / name).stat().st_size} B",
        "encodingFormat": _FORMATS.get(Path(name).suffix, "application/octet-stream"),
        "sha256": digest,
    }
    return entry | ({"description": _MEANINGS[name]} if name in _MEANINGS else {})


def _classes(folder: Path) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "description": "The labels and their numbers.",
        "dataType": "sc:Enumeration",
        "key": {"@id": "classes/label"},
        "field": [
            _named("classes", "label", "sc:Text"),
            _named("classes", "number", "sc:Integer"),
        ],
        "data": [
            {"classes/label": label, "classes/number": number}
            for number, label in enumerate(read_classes(folder))
        ],
    }


def _table(folder: Path, name: str) -> dict[str, Any]:
    file = _TABLES[name]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": _MEANINGS[file],
        "field": [_field(name, file, column) for column in pq.read_schema(folder / file)],
    }


def _field(table: str, file: str, column: pa.Field) -> dict[str, Any]:
    kind = "sc:Integer" if pa.types.is_integer(column.type) else "sc:Text"
    entry = _named(table, column.name, kind)
    entry["source"] = {"fileObject": {"@id": file}, "extract": {"column": column.name}}
    if column.name == "label":
        entry["references"] = {"field": {"@id": "classes/label"}}
    return entry


def _named(table: str, name: str, kind: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": f"{table}/{name}", "name": name, "dataType": kind}
