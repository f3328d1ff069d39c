"""What people's decisions come to: of all that was said of a picture, what stands."""

from collections.abc import Mapping, MutableMapping, Sequence
from enum import StrEnum


class Choice(StrEnum):
    """What a person can say of a picture and a label.

    KEEP: it shows the label, and is to be kept. LABEL: it shows the label. REJECT: it does not
    show the label. WITHDRAW: what was said of it and the label no longer counts.
    """

    KEEP = "keep"
    LABEL = "label"
    REJECT = "reject"
    WITHDRAW = "withdraw"


FOR = frozenset({Choice.KEEP, Choice.LABEL})
"""The choices that say what a picture shows."""

Standing = Mapping[str, Choice]
"""By label, the choice that stands; at most one of them is `FOR` its label."""


def hear(standing: MutableMapping[str, Choice], label: str, choice: Choice) -> None:
    """Take one more decision into what stands; decisions come oldest first."""
    if choice in FOR:
        # What it shows settles what it does not: what was said of other labels is past.
        standing.clear()
    if choice is Choice.WITHDRAW:
        standing.pop(label, None)
    else:
        standing[label] = choice


def counted(
    standing: Standing | None, found: Sequence[str]
) -> tuple[tuple[str, ...], Choice | None]:
    """Tell under which labels a photo counts that was `found` under some, and who says so.

    The choice is KEEP or LABEL where a person named the label, REJECT where a person denied
    all that it was found under, which then are the labels; else None.
    """
    if not standing:
        return tuple(found), None
    for label, choice in standing.items():
        if choice in FOR:
            return (label,), choice
    left = tuple(label for label in found if label not in standing)
    return (left, None) if left else (tuple(found), Choice.REJECT)
