"""The recipe's section on which photos are kept."""

from typing import Literal

from pydantic import Field

from menagerie.recipe.values import BACKBONE, Real, Section, Truth, Whole


class Curation(Section):
    """Which photos are good enough. Figures are those of the decoded picture."""

    min_side_px: Whole = Field(75, ge=1, le=4096, description="Shorter edges are too small.")
    max_aspect: Real = Field(
        3.0, ge=1.0, le=100.0, description="Long edge over short edge; beyond it the photo is odd."
    )
    min_brightness: Real = Field(
        0.06, ge=0.0, le=1.0, description="Mean luma below this is too dark (0 black, 1 white)."
    )
    max_brightness: Real = Field(
        0.97, ge=0.0, le=1.0, description="Mean luma above this is too bright."
    )
    min_contrast: Real = Field(
        0.03, ge=0.0, le=1.0, description="Standard deviation of luma below this is blank."
    )
    min_entropy: Real = Field(
        1.0,
        ge=0.0,
        le=8.0,
        description="Entropy of luma's 256 levels, in bits, below which there is little to see.",
    )
    min_sharpness: Real = Field(
        0.15,
        ge=0.0,
        le=1.0,
        description="Root mean square of luma's Laplacian over its contrast; below it is blurred.",
    )
    min_colorfulness: Real = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="Colourfulness below this is greyscale; 0 keeps black and white photos.",
    )
    max_text_likeness: Real = Field(
        1.0,
        ge=0.0,
        le=10.0,
        description="Likeness to a page of text above this leaves a photo out; 10 keeps all.",
    )
    max_size_ratio: Real = Field(
        10.0,
        ge=1.0,
        le=1000.0,
        description="Photos so many times larger or smaller than the dataset's median are odd.",
    )
    near_duplicate_bits: Whole = Field(
        6, ge=0, le=16, description="Perceptual hashes at most this many bits apart are compared."
    )
    relevance: Literal["off", "review", "reject"] = Field(
        "review",
        description="What happens to photos of doubtful relevance: nobody asks, a person is "
        "asked first about them, or they are left out.",
    )
    hold_doubtful: Truth = Field(
        False, description="Whether doubtful photos stay out of releases until a person is asked."
    )
    doubtful_share: Real = Field(
        0.1,
        ge=0.0,
        le=0.9,
        description="Share of a class that counts as doubtful while fewer than 10 of its photos "
        "are decided.",
    )
    backbone: str = Field(
        "efficientnet-lite0",
        pattern=BACKBONE,
        description="The pretrained network that relevance is told by.",
    )
