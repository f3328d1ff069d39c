"""The page about a model: how good it is and where it errs. One file, nothing loaded from afar."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from menagerie.learning.folder import read_card
from menagerie.learning.metrics import Metrics
from menagerie.learning.samples import Release

_CREDIT_COLUMNS = ("row", "photo_id", "owner", "owner_name", "license", "page_url")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test sample taken for another class.

    `row` is its row in the test arrays, `sure` the probability of the wrong answer, `tile`
    its pixels, uint8 (size, size, 3).
    """

    row: int
    true: str
    predicted: str
    sure: float
    tile: NDArray[np.uint8]

    @property
    def picture(self) -> str:
        """The tile as a data URI."""
        file = io.BytesIO()
        Image.fromarray(self.tile).save(file, "JPEG", quality=90)
        return data_uri(file.getvalue(), "image/jpeg")


def data_uri(data: bytes, media_type: str) -> str:
    """Return bytes as an address that a page can embed (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def write_report(
    model_dir: Path, release: Release, metrics: Metrics, mistakes: list[Mistake]
) -> None:
    """Write `report.html` into the model's folder, which holds both pictures already."""
    environment = Environment(
        loader=PackageLoader("menagerie.learning"), autoescape=True, undefined=StrictUndefined
    )
    pictures = {
        name: data_uri((model_dir / f"{name}.png").read_bytes(), "image/png")
        for name in ("curves", "confusion")
    }
    page = environment.get_template("report.html").render(
        card=read_card(model_dir),
        release=release,
        metrics=metrics,
        mistakes=mistakes,
        credits=_credits(release, [mistake.row for mistake in mistakes]),
        pictures=pictures,
    )
    partial = model_dir / ".report.html.partial"
    partial.write_text(page, encoding="utf-8")
    partial.replace(model_dir / "report.html")


def _credits(release: Release, rows: list[int]) -> dict[int, dict[str, Any]]:
    """Return the manifest's entries for rows of the test split; none without a manifest."""
    path = release.folder / "manifest.parquet"
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
