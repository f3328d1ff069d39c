"""What the values of a recipe are made of: names, lines of text, strict numbers."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict

LABEL = r"^[a-z0-9][a-z0-9_-]{0,39}$"
BACKBONE = r"^[A-Za-z][A-Za-z0-9-]{0,39}$"
DOTTED = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"
OWN = r"^([A-Za-z_]\w*(\.[A-Za-z_]\w*)+)?$"
CRON = r"^([0-9A-Za-z*,/#-]+( [0-9A-Za-z*,/#-]+){4})?$"
WORD = r"^[A-Za-z][A-Za-z0-9_]{0,39}$"
Label = Annotated[str, Field(pattern=LABEL)]
Dotted = Annotated[str, Field(pattern=DOTTED)]
# Text and truth values are not numbers, whatever they look like.
Whole = Annotated[int, Strict()]
Real = Annotated[float, Strict()]
Truth = Annotated[bool, Strict()]
Word = Annotated[str, Field(pattern=WORD)]
Weight = Annotated[Real, Field(gt=0.0, le=1e6)]


def _one_line(text: str) -> str:
    # Control characters would break the lines of cards, credits and bars.
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("must be one line without control characters")
    return text.strip()


Line = Annotated[str, AfterValidator(_one_line)]
Keyword = Annotated[Line, Field(min_length=1, max_length=100, pattern=r"\S")]

# What the patterns of recipes say, in words.
PATTERNS = {
    BACKBONE: "must be efficientnet-lite0, or a name of keras.applications",
    DOTTED: "must be a dotted name, such as package.module.thing",
    OWN: "must be a dotted name, such as package.module.thing, or empty",
    WORD: "must be a name of Keras, such as TopKCategoricalAccuracy",
    LABEL: "may hold a-z, 0-9, - and _ only, 40 at most, and must begin with a letter or digit",
    r"\S": "must not be empty",
    CRON: "must be five fields with one space between them, or empty",
}


class Section(BaseModel):
    """A section of a recipe; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def is_name(text: str) -> bool:
    """Tell whether a dataset or a class can be called so."""
    return re.fullmatch(LABEL, text) is not None
