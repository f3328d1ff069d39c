"""Curate: decode what is new, judge everything, tell what is relevant."""

from prefect import flow

from tasks.collecting import judge
from tasks.curating import (
    decode,
    embed,
    plan_decoding,
    plan_embedding,
    score,
    show_curation,
)
from tasks.parameters import RecipeOfToday
from tasks.policies import FLOW
from tasks.reporting import show_funnel
from tasks.stages import stage
from tasks.watching import bar


@flow(name="curate", flow_run_name="curate {recipe.dataset.name}", **FLOW)
def curate(recipe: RecipeOfToday) -> None:
    """Decode the stored photos that are new and give every photo its verdict.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
    """
    with stage(recipe, "curate") as told:
        batches = plan_decoding(recipe)
        with bar(f"decode {recipe.name}", sum(len(batch.sha256s) for batch in batches)):
            for done in [decode.submit(recipe, batch) for batch in batches]:
                done.result()
        judge(recipe)
        if recipe.curation.relevance != "off":
            # Only what is sound so far is embedded; then it is judged by its scores, too.
            with bar(f"embed {recipe.name}", plan_embedding(recipe)):
                embed(recipe)
            if score(recipe):
                judge(recipe)
        told |= show_funnel(recipe)
        show_curation(recipe)
