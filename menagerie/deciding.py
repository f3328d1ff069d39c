"""Deciding: a person's word, which outranks the machine's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from getpass import getuser

from menagerie.catalog.database import Catalog, now
from menagerie.catalog.decisions import Decision, decisions_about, record_decisions
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.subjects import (
    Judgeable,
    photo_of_id,
    photos_of_bytes,
    photos_of_groups,
)
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import FOR, Choice, counted
from menagerie.errors import CallError
from menagerie.recipe import Recipe

LONGEST_LINE = 1000

# Control characters, and what is left of bytes that are no UTF-8.
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says of a picture: of a photo by its id, or of all with the same bytes.

    `label` is what it shows, or does not show; without it those that it was found under are
    meant. With `group` it is said of all near-duplicates as well.
    """

    choice: Choice
    photo_id: str | None = None
    sha256: str | None = None
    label: str | None = None
    note: str = ""
    group: bool = False


def decide(catalog: Catalog, recipe: Recipe, wish: Wish, who: str) -> list[Decision]:
    """Record what a person says of a picture; return the decisions that it comes to.

    Raises:
        CallError: the wish cannot be followed; nothing was recorded.
    """
    return decide_many(catalog, recipe, [wish], who)


def decide_many(
    catalog: Catalog, recipe: Recipe, wishes: Sequence[Wish], who: str
) -> list[Decision]:
    """Record what a person says of several pictures, all or nothing.

    Raises:
        CallError: one of the wishes cannot be followed; nothing was recorded.
    """
    made = [one for wish in wishes for one in prepare(catalog, recipe, wish, who)]
    record_decisions(catalog, made)
    return made


def decisions_of(
    catalog: Catalog, recipe: Recipe, photo_id: str | None = None, sha256: str | None = None
) -> list[Decision]:
    """Return what was decided of a picture and counts in a dataset, the newest first.

    Raises:
        CallError: the dataset has no such photo.
    """
    meant = _meant(catalog, recipe, photo_id, sha256)
    return decisions_about(catalog, recipe.labels, [photo.key for photo in meant])[::-1]


def obstacles(catalog: Catalog, recipe: Recipe, wish: Wish) -> list[Reason]:
    """Return what keeps a picture out although a wish is for it; nothing if it can come in.

    Of photos with the same bytes it is enough that one can.

    Raises:
        CallError: the dataset has no such photo.
    """
    if wish.choice not in FOR:
        return []
    found = [photo.obstacle for photo in _meant(catalog, recipe, wish.photo_id, wish.sha256)]
    return sorted({reason for reason in found if reason is not None}) if all(found) else []


def prepare(
    catalog: Catalog,
    recipe: Recipe,
    wish: Wish,
    who: str,
    found: Sequence[Judgeable] | None = None,
) -> list[Decision]:
    """Return the decisions that a wish comes to; record nothing.

    `found` are the photos that it names, if they were found already.

    Raises:
        CallError: the wish cannot be followed.
    """
    meant = found or _meant(catalog, recipe, wish.photo_id, wish.sha256)
    labels = _labels(recipe, wish, meant)
    source, note, moment = (
        dataset_source(catalog, recipe.name),
        checked_line(wish.note, "note"),
        now(),
    )

    def said(photo_id: str | None, sha256: str | None, choice: Choice) -> list[Decision]:
        named = source if photo_id is not None else None
        return [
            Decision(recipe.name, named, photo_id, sha256, label, choice, note, who, moment)
            for label in labels
        ]

    if wish.photo_id is None:
        made = said(None, meant[0].sha256, wish.choice)
    else:
        made = said(wish.photo_id, meant[0].sha256, wish.choice)
    if wish.group:
        # All show the same; which of them stay is not said with it.
        choice = Choice.LABEL if wish.choice is Choice.KEEP else wish.choice
        for photo in _near(catalog, recipe, meant):
            made += said(photo.photo_id, photo.sha256, choice)
    return made


def _meant(
    catalog: Catalog, recipe: Recipe, photo_id: str | None, sha256: str | None
) -> list[Judgeable]:
    """Find the photos of a dataset that an id or bytes name: at least one."""
    if (photo_id is None) == (sha256 is None):
        raise CallError("Say which photo is meant: either --photo ID or --sha256 H.")
    if photo_id is not None:
        found, named = photo_of_id(catalog, recipe, photo_id), f"photo {photo_id!r}"
    else:
        hashed = checked_sha256(sha256 or "")
        found, named = photos_of_bytes(catalog, recipe, hashed), f"file {hashed!r}"
    if not found:
        raise CallError(
            f"{recipe.name} has no {named}. Give what stands in manifest.parquet or"
            " rejected.parquet; the id stands in the address of the photo's page as well."
        )
    return found


def _near(catalog: Catalog, recipe: Recipe, meant: Sequence[Judgeable]) -> list[Judgeable]:
    """Find the near-duplicates of photos, one of each file, as they were last judged."""
    groups = {photo.group_key for photo in meant if photo.group_key is not None}
    said = {photo.sha256 for photo in meant}
    others: dict[str | None, Judgeable] = {}
    for photo in photos_of_groups(catalog, recipe, groups):
        if photo.sha256 not in said:
            others.setdefault(photo.sha256, photo)
    return list(others.values())


def _labels(recipe: Recipe, wish: Wish, meant: Sequence[Judgeable]) -> list[str]:
    """Return the labels that a wish is about: at least one."""
    if wish.label is not None:
        return [checked_label(recipe, wish.label)]
    if wish.choice is Choice.LABEL:
        raise CallError("Say what the photo shows: --label L.")
    standing = {label for photo in meant for label in photo.standing}
    if wish.choice is Choice.WITHDRAW:
        if not standing:
            raise CallError("Nobody has decided on that photo: there is nothing to withdraw.")
        return sorted(standing)
    found = {label for photo in meant for label in photo.labels}
    shown = {label for photo in meant for label, choice in photo.standing.items() if choice in FOR}
    if wish.choice is Choice.REJECT:
        return sorted(found | shown)
    counting = shown or {
        label for photo in meant for label in counted(photo.standing, photo.labels)[0]
    }
    if len(counting) > 1:
        raise CallError(
            f"That photo was found under {', '.join(sorted(counting))}: say with --label which"
            " of these it shows."
        )
    return sorted(counting)


def checked_label(recipe: Recipe, label: str) -> str:
    """Return a label if the recipe has it.

    Raises:
        CallError: it has not.
    """
    if label not in recipe.labels:
        raise CallError(
            f"{recipe.name} has no class {label!r}. Name one of {', '.join(recipe.labels)}."
        )
    return label


def checked_sha256(text: str) -> str:
    """Return a SHA-256 as the catalog writes it.

    Raises:
        CallError: it is none.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise CallError(
            f"A SHA-256 has 64 hex digits (received {text!r:.80}). Give the one that stands in"
            " manifest.parquet or rejected.parquet."
        )
    return text.lower()


def checked_line(text: str, what: str, longest: int = LONGEST_LINE) -> str:
    """Return a text without spaces around it; `what` names it in the error.

    Raises:
        CallError: it is too long, or not one line.
    """
    line = text.strip()
    if len(line) > longest or _UNWRITABLE.search(line):
        raise CallError(
            f"The {what} must be one line of at most {longest:,} characters"
            f" (received {line!r:.60}). Shorten it."
        )
    return line


def who_is_here() -> str:
    """Return the name of the user whose process this is."""
    try:
        return getuser()
    except (KeyError, OSError):
        # In a container, a user may have a number and no name.
        return "unknown"
