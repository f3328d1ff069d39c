"""Tasks of the curate stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect import task
from prefect.artifacts import create_link_artifact

from menagerie.catalog.curation import undecoded
from menagerie.curation.examine import examine, forget_lost_tiles
from menagerie.curation.report import write_curation_report
from menagerie.photos.tiles import tile_spec
from menagerie.recipe import Recipe
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE
from tasks.watching import advance_of

BATCH = 256
"""Files in one decode task: a second of work, and one block of tiles."""


@dataclass(frozen=True, slots=True)
class Files:
    """The `number`-th batch `of` so many files to decode."""

    number: int
    of: int
    sha256s: Sequence[str]


@task(task_run_name="list what {recipe.dataset.name} has to decode", **RESUMABLE)
def plan_decoding(recipe: Recipe) -> list[Files]:
    """List the batches of stored files that lack a fingerprint or a tile."""
    with open_workshop() as shop:
        spec = tile_spec(recipe.release)
        forget_lost_tiles(shop.catalog, shop.tiles(spec), spec)
        missing = undecoded(shop.catalog, recipe.name, spec)
    of = -(-len(missing) // BATCH)
    return [Files(n + 1, of, missing[n * BATCH : (n + 1) * BATCH]) for n in range(of)]


@task(task_run_name="decode {files.number}/{files.of}", **RESUMABLE)
def decode(recipe: Recipe, files: Files) -> int:
    """Decode one batch: fingerprints into the catalog, tiles into a block."""
    with open_workshop() as shop:
        advance = advance_of(f"decode {recipe.name}")
        return examine(shop.catalog, shop.decoder, files.sha256s, recipe.release, advance)


@task(task_run_name="show the curation of {recipe.dataset.name}", **RESUMABLE)
def show_curation(recipe: Recipe) -> None:
    """Write the pages about what was kept and why, and publish a link to the first."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        page = write_curation_report(shop.catalog, shop.store, recipe, folder)
    create_link_artifact(
        page.resolve().as_uri(),
        key=f"curation-{recipe.name.replace('_', '-')}",
        description=f"What was kept of {recipe.name}, what was not, and why",
    )
