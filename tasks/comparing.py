"""Tasks that judge a dataset; on a cluster its near-duplicates are searched in parts."""

from collections.abc import Sequence

from prefect import task

from menagerie.curation import comparing
from menagerie.curation.comparing import Part
from menagerie.curation.verdicts import Judging, judge_dataset
from menagerie.recipe import Recipe
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.runners import is_elsewhere
from tasks.watching import bar, gather

_begun: dict[str, Judging] = {}
# By dataset. It can be gigabytes, so it is no argument and no result, which Prefect looks into.


def give_verdicts(recipe: Recipe) -> None:
    """Judge a dataset, in a flow.

    In one process that is one task. Elsewhere the flow's process reads the catalog, the workers
    search for near-duplicates, each a part, and the flow's process has the last word.
    """
    if not is_elsewhere():
        judge(recipe)
        return
    try:
        parts = plan_comparing(recipe)
        if parts:
            title = f"compare {recipe.name}"
            with bar(title, len(parts)):
                compared = [compare.submit(recipe, part) for part in parts]
                gather(compared, title, [1] * len(parts))
        judge(recipe, parts)
    finally:
        _begun.pop(recipe.name, None)


@task(task_run_name="list what {recipe.dataset.name} has to compare", **RESUMABLE)
def plan_comparing(recipe: Recipe) -> list[Part]:
    """Read what verdicts follow from, and list the parts of the search for near-duplicates."""
    with open_workshop() as shop:
        judging = _begun[recipe.name] = Judging(shop.catalog, recipe)
        return comparing.plan_comparing(judging, shop.settings.blocks_root, recipe)


@task(task_run_name="compare {part.number}/{part.of}", **RESUMABLE)
def compare(recipe: Recipe, part: Part) -> int:
    """Search one part; return how many pairs were found."""
    with open_workshop() as shop:
        return comparing.compare(shop.catalog, shop.settings.blocks_root, recipe, part)


@task(task_run_name="judge {recipe.dataset.name}", **RESUMABLE)
def judge(recipe: Recipe, parts: Sequence[Part] = ()) -> int:
    """Give every photo of the dataset its verdict; return how many have one."""
    with open_workshop() as shop:
        if not parts:
            return judge_dataset(shop.catalog, recipe)
        judging, root = _begun[recipe.name], shop.settings.blocks_root
        return comparing.judge_compared(shop.catalog, judging, root, recipe, parts)
