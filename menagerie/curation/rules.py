"""What a decoded photo must be like: each rule reads figures and the recipe, and names a reason."""

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
    (Reason.BLURRED, lambda f, c: f.sharpness < c.min_sharpness),
)


def first_objection(fingerprint: Fingerprint, curation: Curation) -> Reason | None:
    """Return the reason of the first rule that a photo breaks, or None."""
    return next((reason for reason, breaks in RULES if breaks(fingerprint, curation)), None)
