"""What was looked at, what was found, and what cures it."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How something is: a note is worth knowing, a fault must be mended."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


_MARKS = {Health.OK: "✓", Health.NOTE: "·", Health.FAULT: "✗"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `cure` is empty where there is nothing to cure."""

    name: str
    health: Health
    found: str
    cure: str = ""

    @property
    def line(self) -> str:
        """The check as a line of a terminal."""
        cure = f" — {self.cure}" if self.cure else ""
        return f"{_MARKS[self.health]} {self.name:<12} {self.found}{cure}"

    def to_json(self) -> dict[str, str]:
        """Return the entry of `menagerie doctor --json`."""
        return {
            "name": self.name,
            "health": self.health.value,
            "found": self.found,
            "cure": self.cure,
        }


def ok(name: str, found: str) -> Check:
    """Make the check of something that is as it should be."""
    return Check(name, Health.OK, found)


def note(name: str, found: str, cure: str) -> Check:
    """Make the check of something worth knowing."""
    return Check(name, Health.NOTE, found, cure)


def fault(name: str, found: str, cure: str) -> Check:
    """Make the check of something that must be mended."""
    return Check(name, Health.FAULT, found, cure)
