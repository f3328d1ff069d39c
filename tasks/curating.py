"""Tasks of the curate stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect import task
from prefect.artifacts import create_markdown_artifact

from menagerie.catalog.curation import undecoded
from menagerie.catalog.relevance import unembedded
from menagerie.curation.examine import examine, forget_lost_tiles
from menagerie.curation.report import write_curation_report
from menagerie.curation.scoring import (
    Places,
    embed_photos,
    forget_lost_embeddings,
    score_dataset,
)
from menagerie.photos.embeddings import embedding_spec
from menagerie.photos.tiles import tile_spec
from menagerie.recipe import Recipe
from menagerie.workshop import open_workshop
from tasks.linking import review_link
from tasks.policies import RESUMABLE
from tasks.runners import batch_of
from tasks.watching import advance_of

BLOCK = 256
"""Files in one block of tiles: a second of work."""

_EMBED_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class Files:
    """The `number`-th batch `of` so many files to decode or to embed."""

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
    return _batches(missing, batch_of(threads=16 * BLOCK, cluster=2 * BLOCK))


def _batches(names: Sequence[str], size: int) -> list[Files]:
    of = -(-len(names) // size)
    return [Files(n + 1, of, names[n * size : (n + 1) * size]) for n in range(of)]


@task(task_run_name="decode {files.number}/{files.of}", **RESUMABLE)
def decode(recipe: Recipe, files: Files) -> int:
    """Decode one batch: fingerprints into the catalog, tiles into blocks."""
    with open_workshop() as shop:
        advance = advance_of(f"decode {recipe.name}")
        return sum(
            examine(shop.catalog, shop.decoder, lot.sha256s, recipe.release, advance)
            for lot in _batches(files.sha256s, BLOCK)
        )


@task(task_run_name="list what {recipe.dataset.name} has to embed", **RESUMABLE)
def plan_embedding(recipe: Recipe) -> list[Files]:
    """List the batches of sound photos that lack an embedding.

    Each is embedded by a child that takes seconds to load the backbone. On one machine there is
    one child for all, since it records each block as soon as that is whole.
    """
    with open_workshop() as shop:
        backbone = recipe.curation.backbone
        forget_lost_embeddings(shop.catalog, shop.settings.blocks_root, backbone)
        missing = unembedded(shop.catalog, recipe.name, embedding_spec(backbone))
    return _batches(missing, batch_of(threads=max(len(missing), 1), cluster=_EMBED_AT_ONCE))


@task(task_run_name="embed {files.number}/{files.of}", **RESUMABLE)
def embed(recipe: Recipe, files: Files) -> int:
    """Embed one batch of sound photos in a child process, block by block."""
    with open_workshop() as shop:
        settings = shop.settings
        advance = advance_of(f"embed {recipe.name}")
        places = Places(settings.photo_store_url, settings.blocks_root, settings.home, shop.scratch)
        return embed_photos(shop.catalog, places, recipe, files.sha256s, advance)


@task(task_run_name="score {recipe.dataset.name}", **RESUMABLE)
def score(recipe: Recipe) -> int:
    """Score how relevant photos are to their labels, unless nothing has changed."""
    with open_workshop() as shop:
        return score_dataset(shop.catalog, shop.settings.blocks_root, recipe)


@task(task_run_name="show the curation of {recipe.dataset.name}", **RESUMABLE)
def show_curation(recipe: Recipe) -> None:
    """Write the pages about what was kept and why, and publish where they are."""
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        page = write_curation_report(shop.catalog, shop.store, recipe, folder)
    # Browsers follow no link from a page of a server to a file, so it is to be copied.
    create_markdown_artifact(
        f"{review_link(recipe.name)}.\n\nPages of what was kept and why, on the machine that ran"
        f" this:\n\n```\n{page.resolve().as_uri()}\n```\n",
        key=f"curation-{recipe.name.replace('_', '-')}",
        description=f"What was kept of {recipe.name}, what was not, and why",
    )
