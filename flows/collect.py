"""Collect: search each keyword, fetch what is allowed."""

from prefect import flow

from tasks.collecting import (
    check_keywords,
    download,
    name_licenses,
    plan_downloads,
    refuse_many_failures,
    search,
)
from tasks.comparing import give_verdicts
from tasks.parameters import Limit, RecipeOfToday, limited
from tasks.policies import FLOW
from tasks.reporting import show_coverage, show_funnel
from tasks.stages import keyword_tags, stage
from tasks.watching import bar, gather


@flow(name="collect", flow_run_name="collect {recipe.dataset.name}", **FLOW)
def collect(recipe: RecipeOfToday, limit: Limit = None, metadata_only: bool = False) -> None:
    """Search for each keyword and fetch the photos that the recipe allows.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
        limit: At most so many photos of each keyword this time; empty for what the recipe says.
        metadata_only: Record what is found, fetch no photo.
    """
    recipe = limited(recipe, limit)
    with stage(recipe, "collect", *keyword_tags(recipe)) as told:
        check_keywords(recipe)
        name_licenses(recipe)
        with bar(f"search {recipe.name}", len(recipe.searches)):
            searches = [search.submit(recipe, *searched) for searched in recipe.searches]
            gather(searches, f"search {recipe.name}", [1] * len(searches))
        batches = [] if metadata_only else plan_downloads(recipe)
        sizes = [len(batch.keys) for batch in batches]
        with bar(f"download {recipe.name}", sum(sizes)):
            downloads = [download.submit(recipe, batch) for batch in batches]
            gather(downloads, f"download {recipe.name}", sizes)
        give_verdicts(recipe)
        told |= show_funnel(recipe)
        show_coverage(recipe)
        refuse_many_failures(recipe)
