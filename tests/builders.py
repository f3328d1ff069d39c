"""Builders: what a test needs, with everything it does not care about filled in."""

import io
from typing import Any

import numpy as np
from PIL import Image

from menagerie.catalog.curation import FileFacts
from menagerie.catalog.photos import Candidate
from menagerie.photos.fingerprint import Fingerprint
from menagerie.recipe import Recipe, parse_recipe, template


def recipe(**sections: dict[str, Any]) -> Recipe:
    """Return the animals' recipe with some keys of some sections changed."""
    text = template("animals", "Animals", [(word, [word]) for word in ("monkey", "boar", "crow")])
    document = parse_recipe(text, "a test").model_dump()
    for section, keys in sections.items():
        document[section].update(keys)
    return Recipe.model_validate(document)


def candidate(key: int = 1, **changes: Any) -> Candidate:
    """Return a photo as it was found."""
    fields: dict[str, Any] = {
        "key": key,
        "photo_id": str(1000 + key),
        "owner": f"{key}@N00",
        "license": "cc-by-2.0",
        "tags": "animal",
        "media": "photo",
        "uploaded_at": 1_500_000_000 + key,
        "labels": ("monkey",),
    }
    return Candidate(**{**fields, **changes})


def facts(number: int = 1, **changes: Any) -> FileFacts:
    """Return what is known of a sound file; another number is another picture."""
    noise = np.random.default_rng(number)
    fields: dict[str, Any] = {
        "width": 320,
        "height": 240,
        "format": "JPEG",
        "phash": int(noise.integers(1 << 63)),
        "dhash": int(noise.integers(1 << 63)),
        "thumb": noise.integers(0, 256, 32 * 32, dtype=np.uint8).tobytes(),
        "brightness": 0.5,
        "contrast": 0.2,
        "sharpness": 0.5,
        "entropy": 7.0,
        "colorfulness": 0.2,
        "text_likeness": 0.1,
    }
    return FileFacts(f"{number:064x}", None, Fingerprint(**{**fields, **changes}))


def picture(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    """Return a smooth random picture, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return a picture's bytes in some format."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
