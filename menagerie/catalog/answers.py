"""What pages send: messages with a name of their own, recorded once however often they come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select

from menagerie.catalog.database import Catalog, insert_or_update
from menagerie.catalog.decisions import Decision, add_decisions, told_of
from menagerie.catalog.tables import decisions, photos, tickets
from menagerie.curation.standing import Choice


class Outcome(StrEnum):
    """What came of a message: recorded now, or before, or overtaken by somebody else's."""

    STORED = "stored"
    KNOWN = "known"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Word:
    """The newest decision on a photo.

    `mark` names the message that it came of, or the decision itself where that was no page's.
    """

    mark: str
    choice: Choice
    label: str
    note: str
    who: str
    decided_at: int


def newest_words(
    connection: Connection, labels: Collection[str], keys: Collection[int]
) -> dict[int, Word]:
    """Return the newest decision on each of some photos on which there is one, by photo key."""
    rows = connection.execute(_words(), {"labels": list(labels), "keys": list(keys)})
    return {
        row.photo_key: Word(
            mark=row.ticket or f"#{row.decision}",
            choice=Choice(row.choice),
            label=row.label,
            note=row.note,
            who=row.who,
            decided_at=row.decided_at,
        )
        for row in rows
    }


@cache
def _words() -> Select[Any]:
    told, whole = told_of(), tickets.alias()
    return (
        select(told.c.photo_key, decisions, tickets.c.ticket, whole.c.undoes)
        .join(decisions, decisions.c.decision == told.c.decision)
        .outerjoin(tickets, tickets.c.decision == decisions.c.decision)
        .outerjoin(whole, (whole.c.ticket == tickets.c.ticket) & (whole.c.part == 0))
        .order_by(decisions.c.decided_at, decisions.c.decision)
    )


def record_answer(
    catalog: Catalog,
    ticket: str,
    made: Sequence[Decision],
    labels: Collection[str],
    expected: dict[int, str],
    undoes: str | None = None,
) -> Outcome:
    """Record the decisions of a message, all or none, and only if nothing was decided meanwhile.

    `expected` holds the mark of the newest decision on each photo that counts, empty for none;
    `undoes` names the message that this one takes back.
    """
    named = insert_or_update(catalog.engine.dialect.name, tickets, [])
    try:
        with catalog.begin() as connection:
            # Writing first keeps other writers out until this one is done.
            first = named.values(ticket=ticket, part=0, undoes=undoes)
            if connection.execute(first).rowcount == 0:
                return Outcome.KNOWN
            locked = select(photos.c.key).where(photos.c.key.in_(expected)).with_for_update()
            connection.execute(locked).all()
            found = newest_words(connection, labels, expected)
            if any(_mark(found.get(key)) != mark for key, mark in expected.items()):
                raise _OvertakenError
            rows = [
                {"ticket": ticket, "part": part, "decision": decision}
                for part, decision in enumerate(add_decisions(connection, made), start=1)
            ]
            if rows:
                connection.execute(tickets.insert(), rows)
    except _OvertakenError:
        return Outcome.OVERTAKEN
    return Outcome.STORED


class _OvertakenError(Exception):
    """Undoes the transaction, so that the message may come again."""


def _mark(word: Word | None) -> str:
    return word.mark if word else ""


def photos_of_ticket(catalog: Catalog, ticket: str) -> list[str]:
    """Return the ids of the photos that a message came to decisions on, in their order."""
    query = (
        select(decisions.c.photo_id)
        .join(tickets, tickets.c.decision == decisions.c.decision)
        .where(tickets.c.ticket == ticket, decisions.c.photo_id.is_not(None))
        .order_by(tickets.c.part)
    )
    with catalog.begin() as connection:
        return list(dict.fromkeys(row.photo_id for row in connection.execute(query)))


def is_known(catalog: Catalog, ticket: str) -> bool:
    """Tell whether a message was recorded before."""
    query = select(tickets.c.ticket).where(tickets.c.ticket == ticket, tickets.c.part == 0)
    with catalog.begin() as connection:
        return connection.scalar(query) is not None


@dataclass(frozen=True, slots=True)
class Message:
    """What was said of a photo at once: (label, choice) by (label, choice), in their order.

    `mark` is that of `Word`; `undoes` the mark of the message that it takes back, if any.
    """

    mark: str
    undoes: str | None
    said: list[tuple[str, Choice]]


def messages_about(catalog: Catalog, labels: Collection[str], key: int) -> list[Message]:
    """Return what was said of a photo, the oldest first."""
    found: list[Message] = []
    with catalog.begin() as connection:
        for row in connection.execute(_words(), {"labels": list(labels), "keys": [key]}):
            mark = row.ticket or f"#{row.decision}"
            if not found or found[-1].mark != mark:
                found.append(Message(mark, row.undoes, []))
            found[-1].said.append((row.label, Choice(row.choice)))
    return found
