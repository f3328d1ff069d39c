"""What a decoded photo must be like: each rule reads figures and the recipe, and names a reason."""

import math
from collections.abc import Callable

from menagerie.curation.reasons import Reason
from menagerie.photos.fingerprint import Fingerprint
from menagerie.recipe import Curation

Rule = Callable[[Fingerprint, Curation], bool]

# In this order: the first that applies is the photo's reason.
RULES: tuple[tuple[Reason, Rule], ...] = (
    (Reason.TOO_SMALL, lambda f, c: min(f.width, f.height) < c.min_side_px),
    (
        Reason.ODD_ASPECT,
        lambda f, c: max(f.width, f.height) > c.max_aspect * min(f.width, f.height),
    ),
    (Reason.DARK, lambda f, c: f.brightness < c.min_brightness),
    (Reason.BRIGHT, lambda f, c: f.brightness > c.max_brightness),
    (Reason.BLANK, lambda f, c: f.contrast < c.min_contrast),
    (Reason.LOW_INFORMATION, lambda f, c: f.entropy < c.min_entropy),
    (Reason.BLURRED, lambda f, c: f.sharpness < c.min_sharpness),
    (Reason.GREYSCALE, lambda f, c: f.colorfulness < c.min_colorfulness),
    (Reason.TEXT, lambda f, c: f.text_likeness > c.max_text_likeness),
)


def first_objection(fingerprint: Fingerprint, curation: Curation) -> Reason | None:
    """Return the reason of the first rule that a photo breaks, or None."""
    return next((reason for reason, breaks in RULES if breaks(fingerprint, curation)), None)


def is_odd_size(fingerprint: Fingerprint, typical_px: float, curation: Curation) -> bool:
    """Tell whether a photo is far larger or smaller than its dataset's typical one.

    `typical_px` is the median of the square roots of the areas, in pixels of an edge.
    """
    edge = math.sqrt(fingerprint.width * fingerprint.height)
    return max(edge, typical_px) > curation.max_size_ratio * min(edge, typical_px)
