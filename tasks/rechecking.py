"""Tasks of the recheck stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect import task
from prefect.artifacts import create_table_artifact

from menagerie import rechecking
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.rechecks import Watch
from menagerie.rechecking import Findings
from menagerie.recipe import Recipe
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.watching import advance_of

BATCH = 100
"""Photos in one task that asks for them one by one: some seconds to a minute."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The `number`-th batch `of` so many photos that no search has shown."""

    number: int
    of: int
    photo_ids: Sequence[str]


def has_photos(recipe: Recipe) -> bool:
    """Tell whether there is anything to recheck yet."""
    with open_workshop() as shop:
        return bool(dataset_source(shop.catalog, recipe.name))


@task(task_run_name="begin to recheck {recipe.dataset.name}", **RESUMABLE)
def begin(recipe: Recipe) -> Watch:
    """Say from when on a photo must be seen."""
    with open_workshop() as shop:
        return rechecking.begin(shop.catalog, recipe, shop.settings.source)


@task(task_run_name="search {keyword} again", **RESUMABLE)
def search_again(watch: Watch, label: str, keyword: str) -> int:
    """Search one keyword again, where that is worth its calls."""
    with open_workshop() as shop:
        advance = advance_of(f"search {watch.recipe.name} again")
        shown = rechecking.search_again(shop.catalog, shop.flickr, watch, label, keyword, advance)
    advance(1, f"{keyword}: {shown:,} photos seen")
    return shown


@task(task_run_name="list what {watch.recipe.dataset.name} misses", **RESUMABLE)
def list_missing(watch: Watch) -> list[Missing]:
    """List, in batches, the photos that no search has shown."""
    with open_workshop() as shop:
        ids = rechecking.unseen(shop.catalog, watch)
    of = -(-len(ids) // BATCH)
    return [Missing(n + 1, of, ids[n * BATCH : (n + 1) * BATCH]) for n in range(of)]


@task(task_run_name="ask for photos {missing.number}/{missing.of}", **RESUMABLE)
def ask_one_by_one(watch: Watch, missing: Missing) -> int:
    """Ask what became of some photos; return how many are gone."""
    with open_workshop() as shop:
        advance = advance_of(f"ask {watch.recipe.name}")
        return rechecking.ask_one_by_one(
            shop.catalog, shop.flickr, watch, missing.photo_ids, advance
        )


@task(task_run_name="tell what {recipe.dataset.name} will drop", **RESUMABLE)
def show_drops(recipe: Recipe, asked: int) -> Findings:
    """Tell what the next release will drop, for the UI as a table as well."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        found = rechecking.findings(shop.catalog, recipe, folder, asked)
    rows = [
        {"photo": photo_id, "reason": reason.value}
        for reason, ids in found.drops.items()
        for photo_id in ids
    ]
    create_table_artifact(
        rows,
        key=f"recheck-{recipe.name.replace('_', '-')}",
        description=f"What the next release of {recipe.name} will drop: "
        + (f"{len(rows):,} photos" if rows else "nothing"),
    )
    return found
