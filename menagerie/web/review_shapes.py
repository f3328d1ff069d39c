"""What the API of reviewing takes and answers, field by field; see `menagerie.web.shapes`."""

from typing import Any, Literal

from pydantic import Field

from menagerie.web.shapes import Count, Shape, Share

MOST_ANSWERS = 100
"""So many messages are taken at a time."""

State = Literal["", "keep", "label", "reject"]


class PhotoState(Shape):
    """What holds of a photo now."""

    photo: str = Field(description="Its id at the source.")
    state: State = Field(description="What a person decided; empty if nobody did.")
    label: str = Field(description="The class that it counts as.")
    mark: str = Field(description="Names the newest decision; empty if there is none.")
    who: str = Field(description="Who made it.")
    note: str = Field(description="Why.")


class QueueEntry(PhotoState):
    """A photo to look at, with its credits."""

    key: int
    sha256: str | None = Field(description="Of its bytes; null while they are not stored.")
    thumb: str | None = Field(description="Where a small picture is; null if none may be shown.")
    title: str
    owner: str = Field(description="The owner's id at the source.")
    creator: str
    license: str
    license_url: str
    page_url: str = Field(description="Its page at its source; empty where it has none.")
    labels: list[str] = Field(description="The classes that it was found under.")
    reason: str = Field(description="The verdict, of the closed list of reasons.")
    instead_of: str | None = Field(description="The id of the photo that is kept in its place.")
    group: int | None = Field(description="Its group of near-duplicates.")
    score: Share | None = Field(description="How well it fits its class; null if nobody knows.")
    width: int | None
    height: int | None
    uploaded: str = Field(description="The day, as 2026-03-01; empty where nobody knows.")


class Queue(Shape):
    """A page of the photos that a person is to look at."""

    dataset: str
    total: Count = Field(description="Photos that are asked for, on all pages.")
    start: Count = Field(description="How many of them come before this page.")
    next: int | None = Field(description="Say `after` this for the next page; null on the last.")
    photos: list[QueueEntry]


class Step(Shape):
    """From one model to the next, and what was decided between their releases."""

    model: str
    release: str
    accuracy: Share
    interval: list[float] | None = Field(description="The 95 % interval of the accuracy.")
    before: str | None = Field(description="The model before it; null for the first.")
    accuracy_before: Share | None
    said: dict[str, Count] = Field(
        description="Photos decided between the two, by their last choice."
    )


class Progress(Shape):
    """How far people have come with a dataset."""

    decided: Count
    left: Count = Field(description="Sound photos that nobody decided on.")
    fresh: dict[str, Count] = Field(
        description="Photos with a last word that no release heeds yet, by choice."
    )
    step: Step | None = Field(description="The last model; null before the first.")


class DecisionEntry(Shape):
    """A decision that was made."""

    choice: str
    label: str
    note: str
    who: str
    decided_at: int = Field(description="In unix seconds.")


class History(Shape):
    """What was decided of a photo, the newest first."""

    dataset: str
    photo: str
    decisions: list[DecisionEntry]


class Message(Shape):
    """What a person says of a photo."""

    ticket: str = Field(
        pattern="^[A-Za-z0-9_-]{8,64}$", description="Names the message; fresh for each."
    )
    photo: str = Field(description="Its id at the source.")
    choice: Literal["keep", "label", "reject", "withdraw"] = Field(
        "withdraw", description="May be left out with `undoes` alone."
    )
    label: str = Field("", description="The class that it shows; empty for the one it has.")
    note: str = Field("", description="Why, in one line.")
    seen: str = Field("", description="The photo's `mark` when it was shown.")
    group: bool = Field(False, description="Whether its near-duplicates follow.")
    undoes: str = Field("", description="The ticket of a message that is taken back.")


class Messages(Shape):
    """What a person says of photos."""

    who: str = Field("", description="Who decides.")
    decisions: list[Message] = Field(max_length=MOST_ANSWERS)


class Result(Shape):
    """What came of a message."""

    ticket: Any = Field(description="As it came.")
    outcome: Literal["stored", "known", "overtaken", "refused"]
    detail: str | None = Field(None, description="Why it was not stored.")
    now: PhotoState | None = Field(None, description="What holds of the photo by now.")


class Results(Shape):
    """What came of each message, in the order in which they were sent."""

    dataset: str
    results: list[Result]


class ThresholdEffect(Shape):
    """What a threshold would do at the value that was asked for."""

    key: str
    value: float = Field(description="What the recipe says.")
    asked: float
    known: Count = Field(description="Photos whose figure is known.")
    out: Count = Field(description="Photos that stand now and would be left out.")
    back: Count = Field(description="Photos that it leaves out now and would let pass.")
    bins: list[Count] = Field(description="Photos along the figure, from `low` to `high`.")
    low: float
    high: float
    seen: str = Field(description="Names what the recipe says, for writing into it.")


class ThresholdWish(Shape):
    """A value for a threshold of the recipe."""

    value: float
    seen: str = Field(description="What GET said: it is refused if the recipe changed since.")
