"""Tasks of the collect stage."""

from prefect import task

from menagerie import collection
from menagerie.catalog.photos import claim_dataset, searched_keywords
from menagerie.collection import Batch
from menagerie.curation.examine import forget_lost_photos, forget_lost_tiles
from menagerie.naming import refresh_license_names
from menagerie.photos.tiles import tile_spec
from menagerie.recipe import Recipe
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.runners import batch_of
from tasks.watching import advance_of

_CLUSTER_BATCH = 400
"""Photos that a machine of a cluster fetches at a time: some seconds of work."""


@task(task_run_name="check the keywords of {recipe.dataset.name}", **RESUMABLE)
def check_keywords(recipe: Recipe) -> None:
    """Refuse a recipe with a keyword that finds nothing, before anything is recorded."""
    with open_workshop() as shop:
        source = shop.source(recipe)
        source.refuse_empty(recipe, searched_keywords(shop.catalog, recipe.name, source.name))
        claim_dataset(shop.catalog, recipe.name, source.name)


@task(task_run_name="name the licences of {recipe.dataset.name}", **RESUMABLE)
def name_licenses(recipe: Recipe) -> None:
    """Ask Flickr what it calls its licences, once a month."""
    with open_workshop() as shop:
        if recipe.source.kind == "flickr":
            refresh_license_names(shop.catalog, shop.flickr, shop.source(recipe).name)


@task(task_run_name="search {keyword}", **RESUMABLE)
def search(recipe: Recipe, label: str, keyword: str) -> int:
    """Search one keyword and record what it finds."""
    with open_workshop() as shop:
        advance = advance_of(f"search {recipe.name}")
        source = shop.source(recipe)
        found = collection.collect_keyword(shop.catalog, source, recipe, label, keyword, advance)
    advance(1, f"{keyword}: {found:,} photos")
    return found


@task(task_run_name="plan the downloads of {recipe.dataset.name}", **RESUMABLE)
def plan_downloads(recipe: Recipe) -> list[Batch]:
    """List the batches of photos that are allowed and not fetched yet, or lost since."""
    with open_workshop() as shop:
        spec = tile_spec(recipe.release)
        forget_lost_tiles(shop.catalog, shop.tiles(spec), spec)
        forget_lost_photos(shop.catalog, shop.store, recipe.name, spec)
        size = batch_of(threads=collection.BATCH, cluster=_CLUSTER_BATCH)
        return collection.plan_downloads(shop.catalog, recipe, size)


@task(task_run_name="download {batch.label} {batch.number}/{batch.of}", **RESUMABLE)
def download(recipe: Recipe, batch: Batch) -> int:
    """Fetch one batch of photos into the store."""
    with open_workshop() as shop:
        advance = advance_of(f"download {recipe.name}")
        source = shop.source(recipe)
        return collection.download(shop.catalog, source, recipe, batch.keys, advance)


@task(task_run_name="count the failures of {recipe.dataset.name}", **RESUMABLE)
def refuse_many_failures(recipe: Recipe) -> None:
    """End the collection with an error when the photo host failed for too many photos."""
    with open_workshop() as shop:
        collection.refuse_many_failures(shop.catalog, recipe)
