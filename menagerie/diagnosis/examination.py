"""All checks, in the order in which causes come before what they cause."""

from dataclasses import dataclass

from menagerie.diagnosis.check import Check, Health
from menagerie.diagnosis.flickr import check_clock, check_key, greet
from menagerie.diagnosis.machine import (
    check_backbone,
    check_disk,
    check_home,
    check_recipes,
    check_versions,
)
from menagerie.diagnosis.service import check_service
from menagerie.settings import Settings


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing must be mended."""
        return all(check.health is not Health.FAULT for check in self.checks)


def examine(settings: Settings, api: str | None = None) -> Examination:
    """Look at everything; `api` is Prefect's, where the environment names one."""
    recipes_check, recipes = check_recipes(settings)
    greeting = greet(settings)
    return Examination(
        (
            check_versions(),
            check_disk(settings),
            check_home(settings),
            recipes_check,
            check_key(settings, recipes, greeting),
            check_clock(greeting),
            check_backbone(),
            *check_service(settings, api),
        )
    )
