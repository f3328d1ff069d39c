"""What the pages of releases share: their templates, and samples as pictures in them."""

import base64
import io

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from numpy.typing import NDArray
from PIL import Image


def templates() -> Environment:
    """Open the templates; whatever stands in a photo's record is escaped on a page."""
    return Environment(
        loader=PackageLoader("menagerie.release"),
        # Cards are Markdown.
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def picture(tile: NDArray[np.uint8]) -> str:
    """Return a sample, (size, size, 3), as PNG in base 64."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(tile)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
