"""Living with many releases: which there are, what changed, which may go."""

import sys
from pathlib import Path

import click

from menagerie.commands.common import console, print_json, recipe_of


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def releases(name: str, as_json: bool) -> None:
    """List the releases, the newest first, and what was trained on them."""
    from menagerie.display_releases import show_releases
    from menagerie.history import list_releases
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        entries = list_releases(shop.catalog, shop.settings.dataset_dir(recipe.name))
    if as_json:
        listed = [entry.to_json() for entry in entries]
        print_json({"dataset": recipe.name, "releases": listed})
    else:
        show_releases(console(), recipe.name, entries)


@click.command()
@click.argument("name")
@click.argument("earlier", metavar="[A]", required=False)
@click.argument("later", metavar="[B]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also write a page with some of the photos.",
)
def diff(
    name: str, earlier: str | None, later: str | None, as_json: bool, html: Path | None
) -> None:
    """Show what changed between two releases, by default the last two, and why."""
    from menagerie.display_releases import show_differences
    from menagerie.history import choose_two
    from menagerie.release.differences import compare
    from menagerie.release.differences_page import write_differences
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        found = compare(*choose_two(shop.catalog, folder, earlier, later))
    if html is not None:
        write_differences(found, html, recipe.dataset.title or recipe.name)
    if as_json:
        print_json(found.to_json())
    else:
        show_differences(console(), found)
    if found.moved:
        click.echo(
            f"Error: {len(found.moved):,} photos stand on the other side of the split, which must"
            " never be: do not compare models of these releases. Were both made from the same"
            " catalog (MENAGERIE_HOME)?",
            err=True,
        )
        sys.exit(1)


@click.command()
@click.argument("name")
@click.option(
    "--keep", type=click.IntRange(1), required=True, metavar="N", help="Keep the newest N."
)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def prune(name: str, keep: int, yes: bool, as_json: bool) -> None:
    """Remove old releases that are neither current nor any model's."""
    from menagerie.catalog.holding import held
    from menagerie.display_releases import show_pruning
    from menagerie.locking import exclusive
    from menagerie.pruning import plan_pruning
    from menagerie.pruning import prune as run
    from menagerie.release.sharing import unshare_releases
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        with exclusive(shop.settings.home, folder, "prune"), held(shop.catalog, recipe.name):
            plan = plan_pruning(shop.catalog, folder, keep)
            if plan.removed and not yes and sys.stdin.isatty():
                ids = ", ".join(fate.release for fate in plan.removed)
                click.confirm(f"Remove {ids} of {recipe.name} for good?", abort=True, err=True)
            run(shop.catalog, folder, plan)
            removed = [fate.release for fate in plan.removed]
            unshare_releases(shop.settings, recipe.name, removed)
    if as_json:
        print_json(plan.to_json())
    else:
        show_pruning(console(), plan)


COMMANDS = (releases, diff, prune)
