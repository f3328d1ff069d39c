"""The recipe's section on where photos come from."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from menagerie.licenses import UNKNOWN, Use, by_id
from menagerie.recipe.values import Line, Real, Section, Whole

LOCAL_KINDS = frozenset({"manifest", "folder", "idx"})
"""Kinds of sources that read what `path` names."""

EVERYTHING = 10_000_000
"""So many photos a keyword: all of them."""


class Source(Section):
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
