"""A part of `menagerie up`: what is started, and how it is told to be ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from menagerie.lifeline import SECONDS_TO_END

IsReady = Callable[[datetime], bool]
"""Tells whether a part that was started at that moment is ready."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process that runs `python -m module arguments`.

    It starts when the parts `after` which it comes are ready. A step is done once it has ended
    well; any other part is started again whenever it ends. `address` is where people find it.
    """

    name: str
    title: str
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    is_ready: IsReady = lambda _: True
    address: str | None = None
    after: tuple[str, ...] = ()
    is_step: bool = False
    seconds_to_end: float = SECONDS_TO_END
