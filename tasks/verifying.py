"""Tasks of the verify flow."""

from prefect import task
from prefect.artifacts import create_table_artifact

from menagerie.catalog.forgetting import release_source
from menagerie.errors import ReleaseError
from menagerie.history import current_id
from menagerie.recipe import Recipe
from menagerie.release.verifying.inspection import Inspection
from menagerie.release.verifying.photos import FAST
from menagerie.release.verifying.verify import Verification, find_verified
from menagerie.release.verifying.verify import verify as check
from menagerie.settings import load_settings
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.watching import advance_of

_MARKS = {True: "✓", False: "✗", None: "?"}


def has_release(recipe: Recipe) -> bool:
    """Tell whether there is anything to verify yet."""
    return current_id(load_settings().dataset_dir(recipe.name)) is not None


@task(task_run_name="check {recipe.dataset.name}", **RESUMABLE)
def check_release(recipe: Recipe, release: str | None, fast: bool) -> Verification:
    """Make every check of a release, of the current one by default."""
    with open_workshop() as shop:
        folder = find_verified(
            shop.settings.dataset_dir(recipe.name),
            release,
            is_known=lambda each: release_source(shop.catalog, recipe.name, each) is not None,
        )
        only = FAST if fast else None
        inspection = Inspection(recipe.name, folder, shop.catalog, shop.store, only)
        return check(inspection, advance_of(f"verify {recipe.name}"))


@task(task_run_name="show the checks of {recipe.dataset.name}", **RESUMABLE)
def show_checks(recipe: Recipe, found: Verification) -> dict[str, object]:
    """Publish what came of the checks as a table; return it for the event."""
    rows = [
        {
            "ok": _MARKS[each.ok],
            "check": each.title,
            "faults": each.count,
            "note": each.unmade or each.note,
            "first fault": next(iter(each.faults), ""),
        }
        for each in found.checks
    ]
    create_table_artifact(
        rows,
        key=f"verify-{recipe.name.replace('_', '-')}",
        description=f"Release {found.release} of {recipe.name}: "
        + ("whole, and it holds" if found.ok else f"{_faults(found):,} faults"),
    )
    return {"release": found.release, "ok": found.ok, "faults": _faults(found)}


def refuse_faults(found: Verification) -> None:
    """End the run with an error where a check found something.

    Raises:
        ReleaseError: the release has faults.
    """
    if not found.ok:
        raise ReleaseError(
            f"Release {found.release} of {found.dataset} has {_faults(found):,} faults; the table"
            f" tells the first of each. `menagerie rebuild {found.dataset} {found.release}` makes"
            " damaged files anew."
        )


def _faults(found: Verification) -> int:
    return sum(each.count or bool(each.unmade) for each in found.checks)
