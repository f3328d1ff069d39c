"""The library's calls in the order of the flows, for tests that need no Prefect."""

from menagerie.catalog.curation import undecoded
from menagerie.catalog.photos import claim_dataset
from menagerie.collection import collect_keyword, download, plan_downloads
from menagerie.curation.examine import examine
from menagerie.curation.verdicts import judge_dataset
from menagerie.photos.tiles import tile_spec
from menagerie.recipe import Recipe
from menagerie.workshop import Workshop


def collect(shop: Workshop, asked: Recipe) -> None:
    """Find and fetch the photos of a recipe."""
    source = shop.source(asked)
    claim_dataset(shop.catalog, asked.name, source.name)
    for label, keyword in asked.searches:
        collect_keyword(shop.catalog, source, asked, label, keyword)
    for batch in plan_downloads(shop.catalog, asked):
        download(shop.catalog, source, asked, batch.keys)


def curate(shop: Workshop, asked: Recipe) -> None:
    """Decode what is new and judge everything."""
    missing = undecoded(shop.catalog, asked.name, tile_spec(asked.release))
    if missing:
        examine(shop.catalog, shop.decoder, missing, asked.release)
    judge_dataset(shop.catalog, asked)
