"""Collect: search each keyword, fetch what is allowed."""

from prefect import flow

from menagerie.recipe import Recipe
from tasks.collecting import (
    check_keywords,
    download,
    judge,
    name_licenses,
    plan_downloads,
    refuse_many_failures,
    search,
)
from tasks.policies import FLOW
from tasks.reporting import show_coverage, show_funnel
from tasks.stages import stage
from tasks.watching import bar, gather


@flow(name="collect", flow_run_name="collect {recipe.dataset.name}", **FLOW)
def collect(recipe: Recipe, metadata_only: bool = False) -> None:
    """Search for each keyword and fetch the photos that the recipe allows."""
    with stage(recipe, "collect"):
        check_keywords(recipe)
        name_licenses(recipe)
        with bar(f"search {recipe.name}", len(recipe.searches)):
            searches = [search.submit(recipe, label, word) for label, word in recipe.searches]
            gather(searches, f"search {recipe.name}", [1] * len(searches))
        batches = [] if metadata_only else plan_downloads(recipe)
        sizes = [len(batch.keys) for batch in batches]
        with bar(f"download {recipe.name}", sum(sizes)):
            downloads = [download.submit(recipe, batch) for batch in batches]
            gather(downloads, f"download {recipe.name}", sizes)
        judge(recipe)
        show_funnel(recipe)
        show_coverage(recipe)
        refuse_many_failures(recipe)
