"""A dataset: begin it, look at it, take photos out of it, hand it to other programs."""

import sys
from pathlib import Path

import click

from menagerie.commands.common import (
    console,
    print_json,
    recipe_of,
    show_status_of,
    status_of,
)
from menagerie.export.formats import FORMATS


@click.command()
@click.argument("name")
@click.option(
    "--keyword", "keywords", multiple=True, help="What to search for; one class each. Repeat it."
)
@click.option("--title", default="", help="A name for people.")
@click.option("--kind", default="flickr", show_default=True, help="Where photos come from.")
@click.option("--path", default="", help="What a manifest, folder or idx source reads.")
def init(name: str, keywords: tuple[str, ...], title: str, kind: str, path: str) -> None:
    """Write the recipe of a new dataset, with every key and what it is for."""
    from menagerie.settings import load_settings
    from menagerie.starting import write_recipe

    written = write_recipe(load_settings().datasets, name, keywords, title, kind, path)
    key = "export FLICKR_API_KEY=...; " if kind == "flickr" else ""
    click.echo(f"Wrote {written}\nNext: edit it; {key}menagerie refresh {name}")


@click.command()
@click.argument("name")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="How many photos to show.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def queue(name: str, limit: int, as_json: bool) -> None:
    """Show which photos a person is to look at, the most doubtful first."""
    from menagerie.curation.doubts import review_queue
    from menagerie.display import show_queue
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        doubts = review_queue(shop.catalog, recipe, limit)
    if as_json:
        print_json({"dataset": recipe.name, "queue": [doubt.to_json() for doubt in doubts]})
    else:
        show_queue(console(), doubts)


@click.command()
@click.argument("name")
@click.option("--photo", metavar="ID", help="Forget this photo.")
@click.option("--owner", metavar="ID", help="Forget all photos of this owner, later ones, too.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the tombstone.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def forget(
    name: str, photo: str | None, owner: str | None, reason: str, yes: bool, as_json: bool
) -> None:
    """Take photos out everywhere, for good: store, tiles, releases, catalog."""
    from menagerie.catalog.holding import held_everywhere
    from menagerie.display import show_forgotten
    from menagerie.forgetting import Home, all_held, subject_of
    from menagerie.forgetting import forget as run
    from menagerie.release.sharing import bring_all, share_replaced
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        settings = shop.settings
        subject = subject_of(shop.catalog, recipe.name, settings.source, photo, owner)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Forget {subject} for good?", abort=True, err=True)
        place = Home(shop.catalog, shop.store, settings.blocks_root, settings.datasets)
        with all_held(settings.home, settings.datasets), held_everywhere(shop.catalog):
            bring_all(settings)
            done = run(place, subject, reason)
            for each in done.releases:
                share_replaced(settings, each.dataset, each.release, each.successor)
    if as_json:
        print_json(done.to_json())
    else:
        show_forgotten(console(), done)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(name: str, as_json: bool) -> None:
    """Show the funnel, the release, the champion and the last runs."""
    recipe = recipe_of(name)
    if as_json:
        print_json(status_of(recipe).to_json())
    else:
        show_status_of(recipe)


@click.command()
@click.argument("name")
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), required=True, help="How to lay it out."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="An empty or new folder, or one where this export was cut off.",
)
@click.option("--release", metavar="ID", help="The release; default the current one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export(name: str, kind: str, out: Path, release: str | None, as_json: bool) -> None:
    """Write a release as other programs read it: folders, TFRecords, tar shards, the Hub."""
    from menagerie.display import BarScreen, show_exported
    from menagerie.export.run import export_release
    from menagerie.export.source import open_source
    from menagerie.release.sharing import bring_release
    from menagerie.settings import load_settings

    settings = load_settings()
    dataset = settings.dataset_dir(recipe_of(name).name)
    bring_release(settings, name, release or "current")
    with BarScreen() as screen:
        check = screen.start(f"check {name}", 1)
        source = open_source(dataset, release)
        screen.advance(check, 1, source.id)
        screen.finish(check)
        bar = screen.start(f"export {name}", sum(source.counts.values()))
        done = export_release(
            source, kind, out, lambda steps, note: screen.advance(bar, steps, note)
        )
        screen.finish(bar)
    if as_json:
        print_json(done.to_json())
    else:
        show_exported(console(), done)


COMMANDS = (init, status, queue, export, forget)
