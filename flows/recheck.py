"""Recheck: what became of the photos; marks them and says what the next release will drop."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from menagerie.rechecking import Findings
from tasks.comparing import give_verdicts
from tasks.parameters import RecipeOfToday
from tasks.policies import FLOW
from tasks.rechecking import (
    ask_one_by_one,
    begin,
    has_photos,
    list_missing,
    search_again,
    show_drops,
)
from tasks.reporting import show_funnel
from tasks.stages import keyword_tags, stage
from tasks.telling import is_by_schedule
from tasks.watching import bar, gather


@flow(name="recheck", flow_run_name="recheck {recipe.dataset.name}", **FLOW)
def recheck(recipe: RecipeOfToday) -> Findings | State[Any]:
    """Find the photos that were removed, went private, changed their licence or opted out.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
    """
    if is_by_schedule() and not has_photos(recipe):
        return Completed(name="Skipped", message=f"{recipe.name} has no photos to recheck yet.")
    with stage(recipe, "recheck", *keyword_tags(recipe)) as told:
        watch = begin(recipe)
        with bar(f"search {recipe.name} again", len(recipe.searches)):
            searches = [search_again.submit(watch, *searched) for searched in recipe.searches]
            gather(searches, f"search {recipe.name} again", [1] * len(searches))
        batches = list_missing(watch)
        missing = sum(len(batch.photo_ids) for batch in batches)
        with bar(f"ask {recipe.name}", missing):
            answers = [ask_one_by_one.submit(watch, batch) for batch in batches]
            gather(answers, f"ask {recipe.name}", [len(batch.photo_ids) for batch in batches])
        found = show_drops(recipe, missing)
        give_verdicts(recipe)
        told |= {"drops": {reason.value: len(ids) for reason, ids in found.drops.items()}}
        show_funnel(recipe)
    return found
