"""The command line: reads the call, puts the parts together, says what came of it."""

import hashlib
import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from menagerie import __version__
from menagerie.errors import MenagerieError

if TYPE_CHECKING:
    from rich.console import Console

    from menagerie.recipe import Recipe

STAGES = {
    "curate": "Decode the photos that are new and give every photo its verdict.",
    "release": "Build a release of what is kept and make it current.",
    "train": "Train the recipe's network on the current release, then evaluate it.",
}

_INTERRUPTED = 130
_SECONDS_TO_END = 4.0


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="menagerie")
@click.option("--debug", is_flag=True, help="Show the log, and a traceback with errors.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Build image-classification datasets from Flickr and keep them fresh."""
    context.obj = debug


@cli.command()
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


@cli.command()
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


@cli.command()
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1, 4000), help="At most so many photos of each keyword."
)
@click.option("--skip-training", is_flag=True, help="End with the release.")
@click.pass_obj
def refresh(debug: bool, name: str, limit: int | None, skip_training: bool) -> None:
    """Collect, curate, release, train, evaluate: whatever is missing."""
    recipe = _recipe(name)
    if limit is not None:
        fewer = min(limit, recipe.source.photos_per_keyword)
        source = recipe.source.model_copy(update={"photos_per_keyword": fewer})
        recipe = recipe.model_copy(update={"source": source})
    _refresh(recipe, debug=debug, skip_training=skip_training)


@cli.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def plan(name: str, as_json: bool) -> None:
    """Tell what the next crawl would cost: windows, calls, downloads, minutes."""
    from menagerie.display import BarScreen, show_plan
    from menagerie.planning import plan_crawl
    from menagerie.workshop import open_workshop

    recipe = _recipe(name)
    _refuse_missing_key("collect", recipe)
    with open_workshop() as shop, BarScreen() as screen:
        bar = screen.start(f"plan {name}", len(recipe.searches))
        planned = plan_crawl(
            shop.source(recipe), recipe, lambda steps, note: screen.advance(bar, steps, note)
        )
    if as_json:
        _print_json(planned.to_json())
    else:
        show_plan(_console(), planned)


@cli.command()
@click.argument("name")
@click.option("--metadata-only", is_flag=True, help="Record what is found, fetch no photo.")
@click.pass_obj
def collect(debug: bool, name: str, metadata_only: bool) -> None:
    """Search for each keyword and fetch the photos that the recipe allows."""
    recipe = _recipe(name)
    _refuse_missing_key("collect", recipe)
    with _flows(debug=debug):
        from flows.collect import collect as run

        run(recipe, metadata_only=metadata_only)
    _show_status(recipe)


def _stage_command(stage: str, help_text: str) -> None:
    @cli.command(stage, help=help_text)
    @click.argument("name")
    @click.pass_obj
    def command(debug: bool, name: str) -> None:
        recipe = _recipe(name)
        with _flows(debug=debug):
            from flows.curate import curate
            from flows.evaluate import evaluate
            from flows.release import release
            from flows.train import train

            if stage == "train":
                train(recipe)
                evaluate(recipe)
            else:
                {"curate": curate, "release": release}[stage](recipe)
        _show_status(recipe)


for _stage, _help in STAGES.items():
    _stage_command(_stage, _help)


@cli.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def recheck(debug: bool, name: str, as_json: bool) -> None:
    """Find photos that were removed, went private, changed their licence or opted out."""
    recipe = _recipe(name)
    _refuse_missing_key("recheck", recipe)
    with _flows(debug=debug):
        from flows.recheck import recheck as run

        found = run(recipe)
    if as_json:
        _print_json(found.to_json())
    else:
        from menagerie.display import show_findings

        show_findings(_console(), found)


@cli.command()
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
    from menagerie.display import show_forgotten
    from menagerie.forgetting import Home, all_held, subject_of
    from menagerie.forgetting import forget as run
    from menagerie.workshop import open_workshop

    recipe = _recipe(name)
    with open_workshop() as shop:
        settings = shop.settings
        subject = subject_of(shop.catalog, recipe.name, settings.source, photo, owner)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Forget {subject} for good?", abort=True, err=True)
        place = Home(shop.catalog, shop.store, settings.home, settings.datasets)
        with all_held(settings.home, settings.datasets):
            done = run(place, subject, reason)
    if as_json:
        _print_json(done.to_json())
    else:
        show_forgotten(_console(), done)


@cli.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(name: str, as_json: bool) -> None:
    """Show the funnel, the release, the champion and the last runs."""
    recipe = _recipe(name)
    if as_json:
        _print_json(_read_status(recipe).to_json())
    else:
        _show_status(recipe)


@cli.command()
@click.argument("name")
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Judge on this folder, one sub-folder a class, instead of the test split.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate(name: str, photos: Path | None, as_json: bool) -> None:
    """Judge the champion on its test split, or on a folder of photos."""
    from menagerie.display import show_metrics
    from menagerie.learning.evaluate import evaluate_folder, evaluate_release
    from menagerie.learning.folder import read_card
    from menagerie.learning.predict import champion
    from menagerie.release.withdrawn import find_release
    from menagerie.settings import load_settings

    folder = load_settings().dataset_dir(_recipe(name).name)
    model = champion(folder)
    if photos is None:
        metrics = evaluate_release(model, find_release(folder, read_card(model).release))
    else:
        metrics = evaluate_folder(model, photos)
    if as_json:
        _print_json(metrics.to_json())
    else:
        show_metrics(_console(), metrics)


@cli.command()
@click.argument(
    "photos", nargs=-1, required=True, metavar="PHOTO...", type=click.Path(path_type=Path)
)
@click.option("--dataset", help="The dataset whose champion answers; needed if there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def predict(photos: tuple[Path, ...], dataset: str | None, as_json: bool) -> None:
    """Name what is on photos: labels and probabilities, best first."""
    from menagerie.predicting import predict_files
    from menagerie.settings import load_settings

    answers = predict_files(photos, load_settings().datasets, dataset)
    if as_json:
        _print_json([answer.to_json() for answer in answers])
    else:
        from menagerie.display import show_predictions

        show_predictions(_console(), answers)
    if any(answer.error for answer in answers):
        sys.exit(1)


@cli.command()
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Serve these photos, one sub-folder a keyword, instead of drawn ones.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option(
    "--size",
    type=click.IntRange(1),
    default=240,
    show_default=True,
    help="Drawn photos of each keyword.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the drawn photos.")
@click.option("--faults", default="", help="Faults and their rates: see docs/sandbox.md.")
@click.option("--with-parent", is_flag=True, help="End when standard input closes.")
def sandbox(
    photos: Path | None, port: int, size: int, seed: int, faults: str, with_parent: bool
) -> None:
    """Serve a stand-in for Flickr: its API and its photo host, with its quirks."""
    from menagerie.lifeline import end_with_parent
    from menagerie.sandbox.drawn import drawn_universe
    from menagerie.sandbox.faults import parse_faults
    from menagerie.sandbox.folder import folder_universe
    from menagerie.sandbox.server import serve

    if with_parent:
        end_with_parent()
    universe = folder_universe(photos) if photos else drawn_universe(size, seed)
    folder = hashlib.sha256(str(photos.resolve()).encode()).hexdigest() if photos else ""
    name = folder[:12] or f"drawn{size}x{seed}"[:12]

    def announce(url: str) -> None:
        endpoint = f"{url}/services/rest/?universe={name}"
        click.echo(f"Flickr sandbox ready: {endpoint}")
        click.echo(f"export MENAGERIE_FLICKR_URL='{endpoint}'")
        click.echo(f"export MENAGERIE_OPENVERSE_URL='{url}/v1/?universe={name}'")
        click.echo(f"export MENAGERIE_PHOTO_HOSTS={url.removeprefix('http://')}")
        click.echo(f"export FLICKR_API_KEY={'0123456789abcdef' * 2}")

    serve(universe, port, parse_faults(faults), None, announce)


def _recipe(name: str) -> "Recipe":
    from menagerie.recipe import load_recipe
    from menagerie.settings import load_settings

    return load_recipe(load_settings().datasets, name)


def _refuse_missing_key(stage: str, recipe: "Recipe") -> None:
    if stage in {"collect", "refresh", "recheck"} and recipe.source.kind == "flickr":
        from menagerie.flickr.client import FlickrClient
        from menagerie.settings import load_settings

        FlickrClient(load_settings())


def _refresh(recipe: "Recipe", *, debug: bool, skip_training: bool) -> None:
    _refuse_missing_key("refresh", recipe)
    with _flows(debug=debug):
        from flows.refresh import refresh as run

        run(recipe, skip_training=skip_training)
    _show_status(recipe)


@contextmanager
def _flows(*, debug: bool) -> Iterator[None]:
    """Prepare this process to run flows: quiet Prefect, a server, bars on the terminal."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    if not debug:
        # The log still goes to Prefect's server, where the UI shows it.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    from menagerie.display import BarScreen
    from menagerie.notices import notices
    from tasks.server import prefect_server
    from tasks.watching import shown_on

    with prefect_server() as url:
        if url is not None:
            click.echo(f"Watch the tasks at {url} while they run.", err=True)
        with BarScreen() as screen, shown_on(screen), notices(screen.say):
            yield


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def _read_status(recipe: "Recipe") -> Any:
    from menagerie.settings import load_settings
    from menagerie.status import read_status
    from menagerie.workshop import open_workshop

    with open_workshop() as shop:
        return read_status(shop.catalog, recipe, load_settings().dataset_dir(recipe.name))


def _show_status(recipe: "Recipe") -> None:
    from menagerie.display import show_status

    show_status(_console(), _read_status(recipe))


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


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


def main() -> None:
    """Run the command line; ends the process with the exit code of the contract."""
    signal.signal(signal.SIGINT, _interrupt)
    debug = "--debug" in sys.argv
    if not debug:
        # Decoders warn of every damaged file; the funnel counts them.
        warnings.simplefilter("ignore")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _say("Interrupted. What was finished is kept; run the same command to go on.")
        os._exit(_INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        sys.exit(_explain(error))


def _explain(error: Exception) -> int:
    """Say in a sentence what went wrong and return the exit code."""
    from sqlalchemy.exc import DatabaseError

    from menagerie.catalog.database import home_error
    from menagerie.settings import load_settings

    if isinstance(error, DatabaseError | OSError):
        settings, path = load_settings(), getattr(error, "filename", None)
        if path is not None and Path(str(path)).absolute().is_relative_to(
            settings.datasets.absolute()
        ):
            error = home_error(error, settings.datasets, "MENAGERIE_DATASETS")
        else:
            error = home_error(error, settings.home)
    if isinstance(error, MenagerieError):
        _say(f"Error: {error}")
        return error.exit_code
    _say(
        f"Error: {type(error).__name__}: {error}. This is a fault of menagerie; run the command"
        " with --debug before its name and report what it shows."
    )
    return 1


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """End within seconds whatever runs in other threads; all of it can be killed safely."""
    timer = threading.Timer(_SECONDS_TO_END, os._exit, [_INTERRUPTED])
    timer.daemon = True
    timer.start()
    raise KeyboardInterrupt
