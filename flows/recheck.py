"""Recheck: what became of the photos; marks them and says what the next release will drop."""

from prefect import flow

from menagerie.rechecking import Findings
from menagerie.recipe import Recipe
from tasks.collecting import judge
from tasks.policies import FLOW
from tasks.rechecking import ask_one_by_one, begin, list_missing, search_again, tell
from tasks.reporting import show_funnel
from tasks.stages import stage
from tasks.watching import bar, gather


@flow(name="recheck", flow_run_name="recheck {recipe.dataset.name}", **FLOW)
def recheck(recipe: Recipe) -> Findings:
    """Find the photos that were removed, went private, changed their licence or opted out."""
    with stage(recipe, "recheck"):
        watch = begin(recipe)
        with bar(f"search {recipe.name} again", len(recipe.searches)):
            searches = [search_again.submit(watch, label, word) for label, word in recipe.searches]
            gather(searches, f"search {recipe.name} again", [1] * len(searches))
        batches = list_missing(watch)
        missing = sum(len(batch.photo_ids) for batch in batches)
        with bar(f"ask {recipe.name}", missing):
            answers = [ask_one_by_one.submit(watch, batch) for batch in batches]
            gather(answers, f"ask {recipe.name}", [len(batch.photo_ids) for batch in batches])
        found = tell(recipe, missing)
        judge(recipe)
        show_funnel(recipe)
    return found
