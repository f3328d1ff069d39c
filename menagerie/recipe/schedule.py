"""The recipe's section on when deployed flows start, and what they do when they cannot."""

import re
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from menagerie.recipe.values import CRON, Section, Truth

_CRON_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


class Schedule(Section):
    """When deployed flows start."""

    cron: str = Field(
        "0 3 * * 1",
        pattern=CRON,
        max_length=100,
        description="When `refresh` starts: minute, hour, day, month, weekday; empty for never.",
    )
    timezone: str = Field("UTC", max_length=60, description="Name of the time zone.")
    recheck_cron: str = Field(
        "30 1 * * *",
        pattern=CRON,
        max_length=100,
        description="When `recheck` starts; empty for never.",
    )
    verify_cron: str = Field(
        "30 5 1 * *",
        pattern=CRON,
        max_length=100,
        description="When `verify` starts; empty for never.",
    )
    when_busy: Literal["queue", "refuse"] = Field(
        "queue",
        description="What a deployed run does while another is at work on the dataset.",
    )
    restart_crashed: Truth = Field(
        False,
        description="Whether a `refresh` that was killed or lost is started again, three times"
        " at most.",
    )

    @field_validator("cron", "recheck_cron", "verify_cron")
    @classmethod
    def _within_bounds(cls, cron: str) -> str:
        for field, (low, high) in zip(cron.split(), _CRON_BOUNDS, strict=False):
            if not all(low <= int(number) <= high for number in re.findall(r"(?<!/)\b\d+", field)):
                raise ValueError(f"has {field!r} where numbers run from {low} to {high}")
        return cron

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                "is no time zone of the IANA data base, such as Europe/Zurich"
            ) from None
        return name
