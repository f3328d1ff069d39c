"""Collecting from a source without flows: what the collect stage does, step by step."""

from pathlib import Path
from typing import Any

from menagerie.catalog.curation import funnel
from menagerie.catalog.photos import claim_dataset, searched_keywords
from menagerie.collection import collect_keyword, download, plan_downloads
from menagerie.curation.reasons import Reason
from menagerie.recipe import Recipe
from menagerie.workshop import open_workshop
from tests.builders import encoded, picture, recipe

ANIMALS = ("monkey", "boar", "crow")


def asked(kind: str, path: Path | str = "", **keys: Any) -> Recipe:
    """Return the animals' recipe with another source; any licence will do."""
    source = {"kind": kind, "path": str(path), "uses": (), **keys}
    if path:
        source = {"photos_per_keyword": 10_000_000, **source}
    return recipe(source=source)


def collect(of: Recipe) -> int:
    """Collect in a process of its own, so to say; return how many photos were stored."""
    with open_workshop() as shop:
        source = shop.source(of)
        source.refuse_empty(of, searched_keywords(shop.catalog, of.name, source.name))
        claim_dataset(shop.catalog, of.name, source.name)
        for label, keyword in of.searches:
            collect_keyword(shop.catalog, source, of, label, keyword)
        batches = plan_downloads(shop.catalog, of)
        return sum(download(shop.catalog, source, of, batch.keys) for batch in batches)


def counts(of: Recipe) -> dict[Reason, int]:
    """Return how many photos there are, by reason."""
    with open_workshop() as shop:
        found: dict[Reason, int] = {}
        for (_, reason), n in funnel(shop.catalog, of).items():
            found[reason] = found.get(reason, 0) + n
        return found


def rows(sql: str) -> list[tuple[Any, ...]]:
    """Ask the catalog."""
    with open_workshop() as shop, shop.catalog.begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def put_photos(folder: Path, count: int, seed: int = 0) -> None:
    """Put pictures into a folder, each of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        data = encoded(picture(96, 96, seed + number))
        (folder / f"{number:03}.jpg").write_bytes(data)
