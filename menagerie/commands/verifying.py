"""Whether a release still holds, and making it anew where it does not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from menagerie.commands.common import console, print_json, recipe_of

if TYPE_CHECKING:
    from menagerie.progress import Advance


@click.command()
@click.argument("name")
@click.option("--release", "release_id", metavar="ID", help="Check this one, not the current one.")
@click.option("--fast", is_flag=True, help="Of the photos in the store check 200.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(name: str, release_id: str | None, fast: bool, as_json: bool) -> None:
    """Check every file, row, array and photo of a release, and search it for leaks."""
    from menagerie.catalog.forgetting import release_source
    from menagerie.display_verifying import show_verification
    from menagerie.release.verifying.checks import CHECKS
    from menagerie.release.verifying.inspection import Inspection
    from menagerie.release.verifying.photos import FAST
    from menagerie.release.verifying.verify import find_verified
    from menagerie.release.verifying.verify import verify as run
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop, _bar(f"verify {recipe.name}", len(CHECKS)) as advance:
        folder = find_verified(
            shop.settings.dataset_dir(recipe.name),
            release_id,
            is_known=lambda each: release_source(shop.catalog, recipe.name, each) is not None,
        )
        only = FAST if fast else None
        found = run(Inspection(recipe.name, folder, shop.catalog, shop.store, only), advance)
    if as_json:
        print_json(found.to_json())
    else:
        show_verification(console(), found)
    if not found.ok:
        sys.exit(1)


@click.command()
@click.argument("name")
@click.argument("release_id", metavar="RELEASE")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Make it in this folder, which must not be there, and leave its own as it is.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def rebuild(name: str, release_id: str, out: Path | None, as_json: bool) -> None:
    """Make an earlier release anew, byte for byte, from what the home still has."""
    from menagerie.display_verifying import show_rebuilt
    from menagerie.locking import exclusive
    from menagerie.release.rebuild import rebuild as run
    from menagerie.release.remake import Sources
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop, _bar(f"rebuild {release_id}", 1) as advance:
        settings = shop.settings
        folder = settings.dataset_dir(recipe.name)
        sources = Sources(shop.catalog, shop.store, settings.blocks_root, recipe)
        with exclusive(settings.home, folder, "rebuild"):
            done = run(sources, folder, release_id, out, advance)
        advance(1, "")
    if as_json:
        print_json(done.to_json())
    else:
        show_rebuilt(console(), done)


@contextmanager
def _bar(title: str, total: int) -> Iterator["Advance"]:
    """Show a bar on standard error; where that is no terminal, a line when it is done."""
    from menagerie.display import BarScreen

    with BarScreen() as screen:
        bar = screen.start(title, total)
        yield lambda steps, note: screen.advance(bar, steps, note)
        screen.finish(bar)


COMMANDS = (verify, rebuild)
