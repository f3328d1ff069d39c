"""What can be told of a photo from its record alone, before anything is downloaded."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from menagerie.catalog.photos import Candidate
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import FOR, Choice
from menagerie.licenses import permitted
from menagerie.recipe import Recipe, Source

# FFHQ's convention for owners who do not want their photos used for computer vision.
OPT_OUT_TAG = "no_cv"


class Described(Protocol):
    """A photo as its source describes it."""

    @property
    def media(self) -> str:
        """`photo`, or what it is else."""

    @property
    def license(self) -> str:
        """Readable id of the licence."""

    @property
    def tags(self) -> str:
        """Tags, separated by spaces."""

    @property
    def fetchable(self) -> bool:
        """Whether any file of it is named."""


def objection(photo: Described, source: Source) -> Reason | None:
    """Return why a photo cannot be used by what its own record says; None when it can."""
    if photo.media != "photo":
        return Reason.NOT_A_PHOTO
    if photo.license not in _licenses(source.uses):
        return Reason.LICENSE
    # Flickr strips punctuation from tags: no_cv comes back as nocv.
    if {OPT_OUT_TAG, "nocv"} & set(photo.tags.casefold().split()):
        return Reason.OPTED_OUT
    return None if photo.fetchable else Reason.NO_RENDITION


@lru_cache(16)
def _licenses(uses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(license.id for license in permitted(frozenset(uses)))  # type: ignore[arg-type]


def screen(
    oldest_first: Iterable[Candidate], recipe: Recipe
) -> Iterator[tuple[Candidate, Reason | None]]:
    """Yield every photo with the reason to leave it out, or None.

    Photos come by upload date, so that of an owner with too many the oldest stay: what a later
    upload brings never takes the place of what is there. Those a person decided for stay, too.
    """
    by_owner: Counter[str] = Counter()
    for photo in oldest_first:
        reason = Reason.GONE if photo.gone else objection(photo, recipe.source)
        if reason is None and photo.choice is Choice.REJECT:
            reason = Reason.REJECTED_BY_PERSON
        if reason is None and len(photo.labels) > 1:
            reason = Reason.CROSS_LABEL
        if reason is None and photo.owner:
            by_owner[photo.owner] += 1
            if by_owner[photo.owner] > recipe.source.max_per_owner and photo.choice not in FOR:
                reason = Reason.OWNER_OVER_CAP
        yield photo, reason
