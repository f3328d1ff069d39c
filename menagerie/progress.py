"""How long work tells whoever watches: a function that is called with each step done."""

from collections.abc import Callable

Advance = Callable[[int, str], None]
"""Called with the number of steps done since the last call, and a short note (may be empty)."""


def unwatched(steps: int, note: str) -> None:
    """Advance nothing: for callers that do not watch."""
