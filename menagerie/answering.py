"""Answers of people who look at photos: recorded once, never over somebody else's, taken back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from menagerie.catalog.answers import (
    Message,
    Outcome,
    is_known,
    messages_about,
    photos_of_ticket,
    record_answer,
)
from menagerie.catalog.database import Catalog, now
from menagerie.catalog.decisions import Decision
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.subjects import Judgeable, photo_of_id
from menagerie.curation.standing import FOR, Choice, Standing, hear
from menagerie.deciding import Wish, checked_line, prepare
from menagerie.errors import CallError
from menagerie.recipe import Recipe

_TICKET = re.compile(r"[A-Za-z0-9_-]{8,64}")
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of a photo, and what they saw when they said it.

    `ticket` names the message, whoever makes it. `seen` is the mark of the newest decision that
    was shown with the photo, empty for none. With `undoes`, the ticket of an earlier message,
    that one is taken back, and `wish` tells the photo alone.
    """

    ticket: str
    wish: Wish
    seen: str = ""
    undoes: str | None = None


def answer(
    catalog: Catalog, recipe: Recipe, said: Answer, who: str
) -> tuple[Outcome, Judgeable | None]:
    """Record what a person says, once however often it comes.

    Returns what came of it and the photo as it was found; None where it was not looked for.
    `OVERTAKEN`: something was decided on that photo since the person saw it; nothing was recorded.

    Raises:
        CallError: it cannot be followed; nothing was recorded.
    """
    if not _TICKET.fullmatch(said.ticket):
        raise CallError(
            "A message is named by 8 to 64 letters, digits, - or _ of its own"
            f" (received {said.ticket!r:.80}). Send a fresh one with each message."
        )
    # It may be about a photo that was forgotten since: nothing is asked again.
    if is_known(catalog, said.ticket):
        return Outcome.KNOWN, None
    name = checked_line(who, "name", LONGEST_NAME) or "unknown"
    photo = _photo(catalog, recipe, said.wish.photo_id)
    if said.undoes is None:
        made, seen = prepare(catalog, recipe, said.wish, name, [photo]), said.seen
    else:
        made, seen = _taken_back(catalog, recipe, photo, said.undoes, name)
    expected = {photo.key: seen}
    outcome = record_answer(catalog, said.ticket, made, recipe.labels, expected, said.undoes)
    return outcome, photo


def _photo(catalog: Catalog, recipe: Recipe, photo_id: str | None) -> Judgeable:
    found = photo_of_id(catalog, recipe, photo_id) if photo_id is not None else []
    if not found:
        raise CallError(
            f"{recipe.name} has no photo {photo_id!r:.80}. It may have been forgotten meanwhile:"
            " load the page again."
        )
    return found[0]


def _taken_back(
    catalog: Catalog, recipe: Recipe, photo: Judgeable, ticket: str, who: str
) -> tuple[list[Decision], str]:
    """Return the decisions that make hold again what held before a message, and the mark seen.

    A message came to decisions on several photos if near-duplicates went with it; where others
    decided since, nothing is taken back.
    """
    ids = photos_of_ticket(catalog, ticket)
    if not ids:
        raise CallError(
            f"No decision came of the message {ticket!r:.80}: there is nothing to take back."
        )
    made: list[Decision] = []
    for photo_id in ids:
        for other in photo_of_id(catalog, recipe, photo_id):
            made += _restored(catalog, recipe, other, ticket, who)
    said = messages_about(catalog, recipe.labels, photo.key)
    holding = in_force(said)
    # What does not hold any more is not the newest one: that is found when it is recorded.
    return made, said[-1].mark if holding and holding[-1].mark == ticket else ticket


def _restored(
    catalog: Catalog, recipe: Recipe, photo: Judgeable, ticket: str, who: str
) -> list[Decision]:
    """Return what makes hold again what was decided of a photo before a message."""
    holding = in_force(messages_about(catalog, recipe.labels, photo.key))
    if not holding or holding[-1].mark != ticket:
        return []
    before = _standing(holding[:-1])
    steps = [(label, Choice.WITHDRAW) for label in photo.standing if label not in before]
    # What it shows ends what was said before, so that comes first.
    steps += sorted(before.items(), key=lambda step: step[1] not in FOR)
    source, moment = dataset_source(catalog, recipe.name), now()
    return [
        Decision(recipe.name, source, photo.photo_id, photo.sha256, label, choice, "", who, moment)
        for label, choice in steps
    ]


def in_force(said: Sequence[Message]) -> list[Message]:
    """Return the messages that were not taken back, nor took anything back; the oldest first."""
    holding: list[Message] = []
    for message in said:
        if holding and message.undoes == holding[-1].mark:
            holding.pop()
        else:
            holding.append(message)
    return holding


def _standing(said: Sequence[Message]) -> Standing:
    standing: dict[str, Choice] = {}
    for message in said:
        for label, choice in message.said:
            hear(standing, label, choice)
    return standing
