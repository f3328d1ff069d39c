"""The recipe: what a dataset is made of. Every key is bounded and says what it is for."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    field_validator,
    model_validator,
)

from menagerie.errors import RecipeError
from menagerie.licenses import UNKNOWN, Use, by_id
from menagerie.wording import in_plain_words

_LABEL = r"^[a-z0-9][a-z0-9_-]{0,39}$"
_BACKBONE = r"^[A-Za-z][A-Za-z0-9-]{0,39}$"
Label = Annotated[str, Field(pattern=_LABEL)]
# Text and truth values are not numbers, whatever they look like.
Whole = Annotated[int, Strict()]
Real = Annotated[float, Strict()]
Truth = Annotated[bool, Strict()]


def _one_line(text: str) -> str:
    # Control characters would break the lines of cards, credits and bars.
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("must be one line without control characters")
    return text.strip()


Line = Annotated[str, AfterValidator(_one_line)]
Keyword = Annotated[Line, Field(min_length=1, max_length=100, pattern=r"\S")]


# What the patterns of this module say, in words.
_PATTERNS = {
    _BACKBONE: "must be efficientnet-lite0, or a name of keras.applications",
    _LABEL: "may hold a-z, 0-9, - and _ only, 40 at most, and must begin with a letter or digit",
    r"\S": "must not be empty",
    r"^\S+( \S+){4}$": "must be five fields with one space between them",
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dataset(_Section):
    """What the dataset is called."""

    name: Label = Field(description="Folder name of the dataset: a-z, 0-9, `-` and `_`.")
    title: Line = Field("", max_length=200, description="A name for people.")


class PhotoClass(_Section):
    """One class and what to search for it."""

    label: Label = Field(description="Name of the class in arrays, cards and predictions.")
    keywords: tuple[Keyword, ...] = Field(
        min_length=1,
        max_length=20,
        description="Each keyword is one search, or names one sub-folder or label of the source.",
    )


LOCAL_KINDS = frozenset({"manifest", "folder", "idx"})
"""Kinds of sources that read what `path` names."""

EVERYTHING = 10_000_000
"""So many photos a keyword: all of them."""


class Source(_Section):
    """Which photos to ask for."""

    kind: Literal["flickr", "openverse", "manifest", "folder", "idx"] = Field(
        "flickr", description="Where photos come from."
    )
    path: Line = Field(
        "", max_length=1000, description="What a manifest, folder or idx source reads."
    )
    license: str = Field(
        UNKNOWN.id,
        max_length=40,
        description="Licence of all photos of a folder or idx source, by its readable id.",
    )
    photos_per_keyword: Whole = Field(
        400,
        ge=1,
        le=EVERYTHING,
        description="How many usable photos one search may bring; by relevance at most 4,000.",
    )
    sort: Literal["relevance", "newest"] = Field(
        "relevance", description="Which photos come first when there are more."
    )
    short_edge_px: Whole = Field(
        240,
        ge=32,
        le=2048,
        description="The smallest uncropped rendition whose short edge reaches this is taken; "
        "if none does, the one with the most pixels.",
    )
    uses: tuple[Use, ...] = Field(
        ("train", "share"),
        description="What the licence must permit; [] for private experiments with any licence.",
    )
    max_per_owner: Whole = Field(
        20, ge=1, le=100_000, description="Photos of one owner beyond this are left out."
    )
    max_failed_share: Real = Field(
        0.02,
        ge=0.0,
        le=1.0,
        description="A collection ends with an error when a larger share of what it found could "
        "not be fetched for now.",
    )

    @model_validator(mode="before")
    @classmethod
    def _everything_that_is_here(cls, keys: Any) -> Any:
        if isinstance(keys, dict) and keys.get("kind") in LOCAL_KINDS:
            return {"photos_per_keyword": EVERYTHING, **keys}
        return keys

    @field_validator("license")
    @classmethod
    def _known_license(cls, license: str) -> str:
        if by_id(license).id != license:
            raise ValueError("is no licence of docs/recipe.md, such as cc-by-4.0")
        return license

    @model_validator(mode="after")
    def _path_where_it_is_read(self) -> Self:
        if self.kind in LOCAL_KINDS and not self.path:
            raise ValueError(
                f'needs a path with kind = "{self.kind}"; name what is to be read with path'
            )
        if self.kind not in LOCAL_KINDS and self.path:
            raise ValueError(
                f'reads no path with kind = "{self.kind}"; take path = "{self.path:.80}" out, or'
                f" make kind one of {', '.join(sorted(LOCAL_KINDS))}"
            )
        return self

    @model_validator(mode="after")
    def _license_where_it_holds(self) -> Self:
        if self.license != UNKNOWN.id and self.kind not in {"folder", "idx"}:
            raise ValueError(
                f'tells the licence of each photo with kind = "{self.kind}"; take license out'
            )
        return self

    @model_validator(mode="after")
    def _openverse_has_one_order(self) -> Self:
        if self.kind == "openverse" and self.sort != "relevance":
            raise ValueError('has no order by upload date with kind = "openverse"; take sort out')
        return self

    @model_validator(mode="after")
    def _relevance_ends_at_the_cap(self) -> Self:
        if self.kind in LOCAL_KINDS:
            return self
        if self.sort == "relevance" and self.photos_per_keyword > 4000:
            raise ValueError(
                "shows at most 4,000 photos by relevance; ask for fewer with photos_per_keyword,"
                ' or for all of them with sort = "newest"'
            )
        return self


class Curation(_Section):
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
        pattern=_BACKBONE,
        description="The pretrained network that relevance is told by.",
    )


class Release(_Section):
    """How photos become arrays."""

    image_size_px: Whole = Field(64, ge=8, le=1024, description="Edge of the square samples.")
    resize: Literal["crop", "pad", "stretch"] = Field(
        "crop", description="How a photo becomes square: centre crop, black borders, or distorted."
    )
    test_fraction: Real = Field(
        0.2, gt=0.0, lt=1.0, description="Share of each class that stands in the test split."
    )
    min_per_class: Whole = Field(
        50, ge=2, le=1_000_000, description="A release with fewer photos of a class is refused."
    )
    max_drop_share: Real = Field(
        0.2,
        ge=0.0,
        le=1.0,
        description="A release is refused when a class has lost a larger share of the samples that "
        "it had in the last one.",
    )


class Training(_Section):
    """How the classifier is trained."""

    model: Literal["cnn", "mnist_cnn", "cifar_cnn"] = Field(
        "cnn", description="Name of the network."
    )
    epochs: Whole = Field(40, ge=1, le=10_000, description="Passes over the training split.")
    batch_size: Whole = Field(32, ge=1, le=4096, description="Samples in one step.")
    learning_rate: Real = Field(
        0.01, gt=0.0, le=10.0, description="Highest learning rate of the schedule."
    )
    seed: Whole = Field(
        29, ge=0, le=2**31 - 1, description="Seed of the split, the sample order and the training."
    )


_CRON_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


class Schedule(_Section):
    """When a scheduled refresh starts."""

    cron: str = Field(
        "0 3 * * 1",
        pattern=r"^\S+( \S+){4}$",
        max_length=100,
        description="Cron expression of five fields: minute, hour, day, month, weekday.",
    )
    timezone: str = Field("UTC", max_length=60, description="Name of the time zone.")

    @field_validator("cron")
    @classmethod
    def _within_bounds(cls, cron: str) -> str:
        for field, (low, high) in zip(cron.split(), _CRON_BOUNDS, strict=True):
            if not all(low <= int(number) <= high for number in re.findall(r"(?<!/)\b\d+", field)):
                raise ValueError(f"has {field!r} where numbers run from {low} to {high}")
        return cron

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                "is no time zone of the IANA data base, such as Europe/Zurich"
            ) from None
        return name


class Recipe(_Section):
    """What is asked: the input of every flow. Unknown keys are refused."""

    dataset: Dataset = Field(description="What the dataset is called.")
    classes: tuple[PhotoClass, ...] = Field(
        min_length=2, max_length=1000, description="The classes, in the order of their numbers."
    )
    source: Source = Field(default_factory=Source, description="Which photos to ask for.")
    curation: Curation = Field(default_factory=Curation, description="Which photos are kept.")
    release: Release = Field(default_factory=Release, description="How photos become arrays.")
    training: Training = Field(default_factory=Training, description="How to train.")
    schedule: Schedule = Field(default_factory=Schedule, description="When to refresh.")

    @model_validator(mode="before")
    @classmethod
    def _given_labels_are_not_doubted(cls, keys: Any) -> Any:
        source = keys.get("source") if isinstance(keys, dict) else None
        if isinstance(source, dict) and source.get("kind") in LOCAL_KINDS:
            curation = keys.get("curation", {})
            if isinstance(curation, dict):
                return {**keys, "curation": {"relevance": "off", **curation}}
        return keys

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Self:
        doubled = [label for label, n in Counter(self.labels).items() if n > 1]
        if doubled:
            raise ValueError(f"the label {doubled[0]!r} stands twice; labels must be distinct")
        return self

    @model_validator(mode="after")
    def _keywords_are_distinct(self) -> Self:
        doubled = [k for k, n in Counter(k.casefold() for _, k in self.searches).items() if n > 1]
        if doubled:
            raise ValueError(f"the keyword {doubled[0]!r} stands twice; one search is enough")
        return self

    @model_validator(mode="after")
    def _brightness_leaves_room(self) -> Self:
        if self.curation.min_brightness >= self.curation.max_brightness:
            raise ValueError("curation.min_brightness must be below curation.max_brightness")
        return self

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.dataset.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the order of their class numbers."""
        return tuple(entry.label for entry in self.classes)

    @property
    def searches(self) -> tuple[tuple[str, str], ...]:
        """Every (label, keyword) to search."""
        return tuple((entry.label, word) for entry in self.classes for word in entry.keywords)

    def to_toml(self) -> str:
        """Write the resolved recipe, defaults included, as TOML without comments."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def parse_recipe(text: str, where: str) -> Recipe:
    """Parse a recipe's TOML; `where` names it in errors.

    Raises:
        RecipeError: not TOML, an unknown key, a value out of bounds.
    """
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{where} is not valid TOML: {error}. Correct that line.") from None
    except ValidationError as error:
        problems = "; ".join(in_plain_words(error, _PATTERNS))
        raise RecipeError(
            f"{where} cannot be used: {problems}. Correct it; docs/recipe.md lists every key."
        ) from None


def is_name(text: str) -> bool:
    """Tell whether a dataset or a class can be called so."""
    return re.fullmatch(_LABEL, text) is not None


def load_recipe(datasets: Path, name: str) -> Recipe:
    """Read `datasets/<name>/recipe.toml`.

    Raises:
        RecipeError: there is none, it cannot be read, or it cannot be used.
    """
    path = datasets / name / "recipe.toml"
    if not is_name(name):
        raise RecipeError(
            f"A dataset's name holds a-z, 0-9, - and _ only (received {name!r})."
            f" Give the name of a folder in {datasets}."
        )
    try:
        # Some editors begin a file with a byte order mark, which TOML does not admit.
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        known = ", ".join(sorted(p.parent.name for p in datasets.glob("*/recipe.toml"))) or "none"
        raise RecipeError(
            f"There is no dataset {name!r} in {datasets} (known: {known})."
            f" Write {path} or name one that exists."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path} cannot be read: {error}. Make it a readable text file."
        ) from None
    recipe = parse_recipe(text, str(path))
    if recipe.name != name:
        raise RecipeError(
            f"{path} says dataset.name = {recipe.name!r} but its folder is {name!r}."
            " Make the two agree."
        )
    return recipe


def template(
    name: str,
    title: str,
    classes: Sequence[tuple[str, Sequence[str]]],
    source: Mapping[str, object] | None = None,
) -> str:
    """Write a commented recipe with every default, ready to be edited.

    `classes` holds (label, keywords) pairs, `source` what is no default in that section.
    """
    lines = ["[dataset]", f"name = {_literal(name)}", f"title = {_literal(title)}", ""]
    for label, keywords in classes:
        words = _literal(tuple(keywords))
        lines += ["[[classes]]", f"label = {_literal(label)}", f"keywords = {words}", ""]
    chosen: dict[str, Mapping[str, object]] = {"source": source or {}}
    if chosen["source"].get("kind") in LOCAL_KINDS:
        chosen["curation"] = {"relevance": "off"}
    for section, model in SECTIONS.items():
        lines.append(f"[{section}]")
        for key, field in model.model_fields.items():
            default = field.get_default(call_default_factory=True)
            value = chosen.get(section, {}).get(key, default)
            lines += [f"# {field.description}", f"{key} = {_literal(value)}"]
        lines.append("")
    return "\n".join(lines)


def _literal(value: object) -> str:
    """Write a default as TOML on one line; JSON's strings and numbers are TOML's, too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


SECTIONS: dict[str, type[_Section]] = {
    "source": Source,
    "curation": Curation,
    "release": Release,
    "training": Training,
    "schedule": Schedule,
}


def choices(section: type[BaseModel], key: str) -> tuple[str, ...]:
    """Return the values a `Literal` key may take, for documentation and forms."""
    return tuple(get_args(section.model_fields[key].annotation))
