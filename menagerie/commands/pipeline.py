"""The pipeline: all of it, a stage of it, what it would cost, whether it still holds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from menagerie.commands.common import (
    console,
    flows_ready,
    print_json,
    recipe_of,
    refuse_missing_key,
    show_status_of,
)

if TYPE_CHECKING:
    from menagerie.recipe import Recipe


@click.command()
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Serve these photos, one sub-folder a keyword, instead of drawn ones.",
)
@click.option(
    "--home", type=click.Path(path_type=Path), help="Use this home; default MENAGERIE_HOME."
)
@click.option("--fast", is_flag=True, help="Fewer photos and epochs: a look in a minute.")
@click.pass_obj
def demo(debug: bool, photos: Path | None, home: Path | None, fast: bool) -> None:
    """Do the whole job against the sandbox: no key, no network."""
    from menagerie.demo import demo_recipe, refuse_to_replace_flickr, sandbox
    from menagerie.settings import load_settings

    settings = load_settings()
    recipe = demo_recipe(photos, settings.datasets, fast=fast)
    refuse_to_replace_flickr(settings.dataset_dir(recipe.name))
    with sandbox(photos, home or settings.home):
        _refresh(recipe, debug=debug, skip_training=False)
        _show_next_steps(recipe, home, fast=fast)


@click.command()
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1, 4000), help="At most so many photos of each keyword."
)
@click.option("--skip-training", is_flag=True, help="End with the release.")
@click.pass_obj
def refresh(debug: bool, name: str, limit: int | None, skip_training: bool) -> None:
    """Collect, curate, release, train, evaluate: whatever is missing."""
    _refresh(recipe_of(name), debug=debug, limit=limit, skip_training=skip_training)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def plan(name: str, as_json: bool) -> None:
    """Tell what the next crawl would cost: windows, calls, downloads, minutes."""
    from menagerie.display import BarScreen, show_plan
    from menagerie.planning import plan_crawl
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    refuse_missing_key(recipe)
    with open_workshop() as shop, BarScreen() as screen:
        bar = screen.start(f"plan {name}", len(recipe.searches))
        planned = plan_crawl(
            shop.source(recipe), recipe, lambda steps, note: screen.advance(bar, steps, note)
        )
    if as_json:
        print_json(planned.to_json())
    else:
        show_plan(console(), planned)


@click.command()
@click.argument("name")
@click.option("--metadata-only", is_flag=True, help="Record what is found, fetch no photo.")
@click.pass_obj
def collect(debug: bool, name: str, metadata_only: bool) -> None:
    """Search for each keyword and fetch the photos that the recipe allows."""
    recipe = recipe_of(name)
    refuse_missing_key(recipe)
    with flows_ready(recipe.name, debug=debug):
        from flows.collect import collect as run

        run(recipe, metadata_only=metadata_only)
    show_status_of(recipe)


@click.command()
@click.argument("name")
@click.pass_obj
def curate(debug: bool, name: str) -> None:
    """Decode the photos that are new and give every photo its verdict."""
    recipe = recipe_of(name)
    with flows_ready(recipe.name, debug=debug):
        from flows.curate import curate as run

        run(recipe)
    show_status_of(recipe)


@click.command()
@click.argument("name")
@click.option("--allow-drop", is_flag=True, help="Publish it with far fewer samples, too.")
@click.option(
    "--legacy",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also write one .npy with all four arrays, pickled, for old scripts.",
)
@click.pass_obj
def release(debug: bool, name: str, allow_drop: bool, legacy: Path | None) -> None:
    """Build a release of what is kept and make it current."""
    from menagerie.release.current import current_release
    from menagerie.release.legacy import refuse_legacy_place, write_legacy
    from menagerie.settings import load_settings

    recipe = recipe_of(name)
    folder = load_settings().dataset_dir(recipe.name)
    if legacy is not None:
        refuse_legacy_place(legacy, folder)
    with flows_ready(recipe.name, debug=debug):
        from flows.release import release as run

        run(recipe, allow_drop=allow_drop)
    if legacy is not None:
        write_legacy(current_release(folder), legacy)
    show_status_of(recipe)


@click.command()
@click.argument("name")
@click.pass_obj
def train(debug: bool, name: str) -> None:
    """Train the recipe's network on the current release, then evaluate it."""
    recipe = recipe_of(name)
    with flows_ready(recipe.name, debug=debug):
        from flows.evaluate import evaluate
        from flows.train import train as run

        run(recipe)
        evaluate(recipe)
    show_status_of(recipe)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def recheck(debug: bool, name: str, as_json: bool) -> None:
    """Find photos that were removed, went private, changed their licence or opted out."""
    from menagerie.rechecking import Findings

    recipe = recipe_of(name)
    refuse_missing_key(recipe)
    with flows_ready(recipe.name, debug=debug):
        from flows.recheck import recheck as run

        found = run(recipe)
    assert isinstance(found, Findings), "only a scheduled run is skipped"
    if as_json:
        print_json(found.to_json())
    else:
        from menagerie.display import show_findings

        show_findings(console(), found)


def _refresh(
    recipe: "Recipe", *, debug: bool, skip_training: bool, limit: int | None = None
) -> None:
    refuse_missing_key(recipe)
    with flows_ready(recipe.name, debug=debug):
        from flows.refresh import refresh as run

        run(recipe, limit=limit, skip_training=skip_training)
    show_status_of(recipe)


def _show_next_steps(recipe: "Recipe", home: Path | None, *, fast: bool) -> None:
    setting = f"export MENAGERIE_HOME={home}; " if home else ""
    click.echo(
        f"\nNext: {setting}menagerie status {recipe.name}; menagerie predict PHOTO...;"
        f" menagerie evaluate {recipe.name} --photos DIR"
    )
    if fast:
        click.echo(
            "This was a look: fewer photos and epochs than the recipe says. Every other command"
            " goes by the recipe; `menagerie demo` does, too."
        )


COMMANDS = (demo, refresh, plan, collect, curate, release, train, recheck)
