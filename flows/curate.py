"""Curate: decode what is new, judge everything, tell what is relevant."""

from prefect import flow

from tasks.comparing import give_verdicts
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
from tasks.watching import bar, gather


@flow(name="curate", flow_run_name="curate {recipe.dataset.name}", **FLOW)
def curate(recipe: RecipeOfToday) -> None:
    """Decode the stored photos that are new and give every photo its verdict.

    Args:
        recipe: Name of the dataset; its recipe is read from its folder when the run starts.
    """
    with stage(recipe, "curate") as told:
        batches = plan_decoding(recipe)
        sizes = [len(batch.sha256s) for batch in batches]
        with bar(f"decode {recipe.name}", sum(sizes)):
            decoded = [decode.submit(recipe, batch) for batch in batches]
            gather(decoded, f"decode {recipe.name}", sizes)
        give_verdicts(recipe)
        if recipe.curation.relevance != "off":
            # Only what is sound so far is embedded; then it is judged by its scores, too.
            lots = plan_embedding(recipe)
            sizes = [len(lot.sha256s) for lot in lots]
            with bar(f"embed {recipe.name}", sum(sizes)):
                embedded = [embed.submit(recipe, lot) for lot in lots]
                gather(embedded, f"embed {recipe.name}", sizes)
            if score(recipe):
                give_verdicts(recipe)
        told |= show_funnel(recipe)
        show_curation(recipe)
