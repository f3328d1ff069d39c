"""Verify: every file, row, array and photo of a release is checked anew."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from menagerie.release.verifying.checks import CHECKS
from tasks.parameters import RecipeOfToday
from tasks.policies import LOCAL_FLOW
from tasks.stages import stage
from tasks.telling import is_by_schedule, named_with_release
from tasks.verifying import check_release, has_release, refuse_faults, show_checks
from tasks.watching import bar


@flow(name="verify", flow_run_name=named_with_release, **LOCAL_FLOW)
def verify(
    recipe: RecipeOfToday, release: str | None = None, fast: bool = False
) -> State[Any] | None:
    """Check every file, row, array and photo of a release, and search it for leaks.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
        release: Id of the release; empty for the current one.
        fast: Of the photos in the store check 200.
    """
    if is_by_schedule() and not has_release(recipe):
        return Completed(name="Skipped", message=f"{recipe.name} has no release to verify yet.")
    with stage(recipe, "verify") as told:
        with bar(f"verify {recipe.name}", len(CHECKS)):
            found = check_release(recipe, release, fast)
        told |= show_checks(recipe, found)
        refuse_faults(found)
    return None
