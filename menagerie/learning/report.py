"""The pages about a model: how good it is and where it errs. Nothing is loaded from afar."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from menagerie.folders import replacing
from menagerie.learning.breakdown import Part, worst_owners
from menagerie.learning.calibration import Calibration
from menagerie.learning.comparison import read_comparison
from menagerie.learning.exposure import MANIFEST
from menagerie.learning.folder import PAGES, Card, read_card
from menagerie.learning.metrics import Metrics
from menagerie.learning.samples import Release
from menagerie.names import shown_name
from menagerie.terms import notice_of

_CREDIT_COLUMNS = ("row", "photo_id", "owner", "owner_name", "license", "page_url")


@dataclass(frozen=True, slots=True)
class Example:
    """A test sample to look at.

    `row` is its row in the test arrays, or its number in a folder, where it has the path `photo`;
    `sure` the probability of the class it was taken for, `tile` its pixels, uint8 (size, size, 3).
    """

    row: int
    true: str
    predicted: str
    sure: float
    tile: NDArray[np.uint8]
    photo: str = ""

    @property
    def picture(self) -> str:
        """The tile as a data URI."""
        file = io.BytesIO()
        Image.fromarray(self.tile).save(file, "JPEG", quality=90)
        return data_uri(file.getvalue(), "image/jpeg")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the pages tell: figures, and the worst mistakes and the least sure answers."""

    metrics: Metrics
    calibration: Calibration
    owners: list[Part]
    mistakes: list[Example]
    unsure: list[Example]


def data_uri(data: bytes, media_type: str) -> str:
    """Return bytes as an address that a page can embed (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def write_reports(model_dir: Path, release: Release, findings: Findings) -> None:
    """Write both pages into the model's folder, which holds the pictures already."""
    pictures = {
        name: data_uri((model_dir / f"{name}.png").read_bytes(), "image/png")
        for name in ("curves", "confusion", "calibration")
    }
    shown = [example.row for example in (*findings.mistakes, *findings.unsure)]
    compared = read_comparison(model_dir)
    if compared is not None and compared.release != release.id:
        compared = None
    templates = _templates()
    for name in PAGES:
        page = templates.get_template(name).render(
            card=read_card(model_dir),
            release=release,
            found=findings,
            metrics=findings.metrics,
            listed=worst_owners(findings.owners),
            compared=compared,
            credits=_credits(release, shown),
            pictures=pictures,
            notice=notice_of(_source(release)),
        )
        with replacing(model_dir / name) as partial:
            partial.write_text(page, encoding="utf-8")


def folder_page(
    card: Card,
    photos: Path,
    metrics: Metrics,
    examples: Mapping[str, Sequence[Example]],
    pictures: Mapping[str, Path],
) -> str:
    """Return the page about a folder of photos.

    `examples` are the `mistakes` and the `unsure`; `pictures` `confusion` and `calibration`.
    """
    return (
        _templates()
        .get_template("folder.html")
        .render(
            card=card,
            photos=shown_name(str(photos)),
            metrics=metrics,
            pictures={
                name: data_uri(path.read_bytes(), "image/png") for name, path in pictures.items()
            },
            notice="",
            **examples,
        )
    )


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("menagerie.learning"), autoescape=True, undefined=StrictUndefined
    )


def _source(release: Release) -> str:
    """Return where the photos of a release come from; Flickr, if nobody says."""
    path = release.folder / MANIFEST
    if not path.is_file() or "source" not in pyarrow.parquet.read_schema(path).names:
        return "flickr"
    sources = pyarrow.parquet.read_table(path, columns=["source"])["source"].unique().to_pylist()
    return str(sources[0]) if sources else "flickr"


def _credits(release: Release, rows: list[int]) -> dict[int, dict[str, Any]]:
    """Return the manifest's entries for rows of the test split; none without a manifest."""
    path = release.folder / MANIFEST
    if not path.is_file() or not rows:
        return {}
    columns = [name for name in _CREDIT_COLUMNS if name in pyarrow.parquet.read_schema(path).names]
    wanted = [("split", "==", "test"), ("row", "in", rows)]
    entries = pyarrow.parquet.read_table(path, columns=columns, filters=wanted).to_pylist()
    return {entry["row"]: _safe(entry) for entry in entries}


def _safe(entry: dict[str, Any]) -> dict[str, Any]:
    known = dict.fromkeys(_CREDIT_COLUMNS, "") | entry
    # Autoescape does not stop `javascript:` addresses.
    safe = str(known["page_url"]).startswith("https://")
    return {**known, "page_url": known["page_url"] if safe else ""}
