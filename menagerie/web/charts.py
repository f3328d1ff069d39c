"""Where the marks of small charts stand: numbers for SVG, whose colours are the style sheet's."""

from collections.abc import Sequence
from dataclasses import dataclass

from menagerie.history import Entry as Release
from menagerie.learning.listing import Entry as Model

WIDTH, HEIGHT = 360, 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 12, 24


@dataclass(frozen=True, slots=True)
class Column:
    """A release: two bars on each other, from the bottom up; lengths in units of the chart."""

    x: float
    width: float
    train_y: float
    train_height: float
    test_y: float
    test_height: float
    release: Release


@dataclass(frozen=True, slots=True)
class Dot:
    """A model: its accuracy, with the interval around it."""

    x: float
    y: float
    low_y: float
    high_y: float
    model: Model


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across with what it stands for."""

    y: float
    text: str


def columns(releases: Sequence[Release]) -> tuple[list[Column], list[Tick]]:
    """Place the releases as columns, as high as they have samples."""
    most = _rounded_up(max((each.train + each.test for each in releases), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(4, len(releases))
    placed = []
    for place, release in enumerate(releases):
        train, test = (_length(count / most) for count in (release.train, release.test))
        bottom = HEIGHT - _BOTTOM
        placed.append(
            Column(
                x=_round(_LEFT + place * step + step * 0.15),
                width=_round(step * 0.7),
                train_y=_round(bottom - train),
                train_height=_round(train),
                test_y=_round(bottom - train - test),
                test_height=_round(test),
                release=release,
            )
        )
    return placed, [Tick(_y(part), f"{round(most * part):,}") for part in (0.0, 0.5, 1.0)]


def dots(models: Sequence[Model]) -> tuple[list[Dot], list[Tick]]:
    """Place the models that were judged, by their accuracy; the axis begins at a round share."""
    judged = [model for model in models if model.accuracy is not None]
    lows = [model.interval[0] if model.interval else model.accuracy or 0 for model in judged]
    least = max(0.0, int(min(lows, default=0.0) * 10) / 10)
    # A chart of nothing but the last percent would make noise look like news.
    least = min(least, 0.8)
    span, step = 1 - least, (WIDTH - _LEFT - _RIGHT) / max(4, len(judged))
    placed = []
    for place, model in enumerate(judged):
        accuracy = model.accuracy or 0.0
        low, high = model.interval or (accuracy, accuracy)
        y, low_y, high_y = (_y((each - least) / span) for each in (accuracy, low, high))
        placed.append(Dot(_round(_LEFT + (place + 0.5) * step), y, low_y, high_y, model))
    shares = (least, (least + 1) / 2, 1.0)
    return placed, [Tick(_y((each - least) / span), f"{each:.0%}") for each in shares]


def _rounded_up(count: int) -> int:
    """Return a number of one or two digits and zeros that is no smaller."""
    power: int = 10 ** max(0, len(str(count)) - 2)
    return max(1, -(-count // power) * power)


def _length(share: float) -> float:
    return share * (HEIGHT - _TOP - _BOTTOM)


def _y(share: float) -> float:
    return _round(HEIGHT - _BOTTOM - _length(share))


def _round(number: float) -> float:
    return round(number, 1)
