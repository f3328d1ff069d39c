"""A model: judge it, ask it."""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from menagerie.commands.common import Folder, console, print_json, recipe_of
from menagerie.errors import CallError
from menagerie.learning.formats import FORMATS

if TYPE_CHECKING:
    from menagerie.predicting import Answer


@click.command()
@click.argument("name")
@click.option(
    "--photos",
    type=Folder(),
    metavar="DIR",
    help="Judge on this folder, one sub-folder a class, instead of the test split.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --photos: also write a page with the worst mistakes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate(name: str, photos: Path | None, html: Path | None, as_json: bool) -> None:
    """Judge the champion on its test split, or on a folder of photos."""
    from menagerie.display_models import show_metrics
    from menagerie.learning.evaluate import evaluate_folder, evaluate_release, trained_on
    from menagerie.learning.folder import read_card
    from menagerie.learning.predict import champion
    from menagerie.settings import load_settings

    recipe = recipe_of(name)
    folder = load_settings().dataset_dir(recipe.name)
    model = champion(folder)
    if html is not None and photos is None:
        raise CallError(
            f"--html goes with --photos. The page about the test split is {model / 'report.html'}."
        )
    if photos is None:
        release = trained_on(folder, read_card(model))
        metrics = evaluate_release(model, release, recipe.training.reject_error)
        html = model / "report.html"
    else:
        metrics = evaluate_folder(model, photos, html)
    if as_json:
        print_json(metrics.to_json())
    else:
        show_metrics(console(), metrics)
        if html is not None:
            click.echo(html)


def _a_number(
    _context: click.Context, _option: click.Parameter, value: float | None
) -> float | None:
    # No bound holds for what is no number.
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is no number from 0 to 1.")
    return value


@click.command()
@click.argument("photos", nargs=-1, metavar="PHOTO...")
@click.option("--from-file", metavar="FILE", help="Also the photos that FILE lists, one a line.")
@click.option("--dataset", help="The dataset whose champion answers; needed if there are several.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    callback=_a_number,
    metavar="P",
    help="Name no class that is less probable; default what the model's evaluation found.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print one JSON document a line, at once.")
def predict(
    photos: tuple[str, ...],
    from_file: str | None,
    dataset: str | None,
    threshold: float | None,
    as_json: bool,
    as_lines: bool,
) -> None:
    """Name what is on photos: labels and probabilities, best first.

    A photo is a file, a folder of them, an address, or - for standard input.
    """
    from menagerie.predicting import find_photos, predict_photos
    from menagerie.settings import load_settings

    if as_json and as_lines:
        raise CallError("Both --json and --jsonl were given. Leave one of them out.")
    named = find_photos(name_photos(photos, from_file))
    answers = predict_photos(named, load_settings(), dataset, threshold)
    if as_lines:
        failed = _print_lines(answers)
    else:
        listed = list(answers)
        failed = any(answer.error for answer in listed)
        if as_json:
            print_json([answer.to_json() for answer in listed])
        else:
            from menagerie.display import show_predictions

            show_predictions(console(), listed)
    if failed:
        sys.exit(1)


def name_photos(photos: Sequence[str], from_file: str | None) -> Iterator[str]:
    """Yield the photos that a call names, and those that a file lists.

    Raises:
        CallError: there are none, or standard input is to serve twice.
    """
    if not photos and from_file is None:
        raise CallError("No photo was named. Give files, folders, addresses, or - and --from-file.")
    if (*photos, from_file).count("-") > 1:
        raise CallError("Standard input can be read once: give - a single time.")
    lines = None if from_file is None else _open_list(from_file)
    return _chained(photos, lines)


def _open_list(file: str) -> IO[str]:
    """Open a list of photos, in which paths need not be text."""
    try:
        # As Windows writes text: with a mark of its encoding before it.
        return click.open_file(file, encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        reason = error.strerror or error
        raise CallError(f"{file} cannot be read: {reason}. Name another list.") from None


def _chained(photos: Sequence[str], lines: IO[str] | None) -> Iterator[str]:
    yield from photos
    if lines is not None:
        is_empty = not photos
        with lines:
            for line in lines:
                if not line.isspace():
                    is_empty = False
                    yield line.rstrip("\r\n")
        if is_empty:
            raise CallError("No photo was named: the list is empty. Give one photo a line.")


def _print_lines(answers: Iterator["Answer"]) -> bool:
    """Print each answer on a line of its own when it is there; tell whether one is an error."""
    failed = False
    try:
        for answer in answers:
            failed = failed or bool(answer.error)
            print_json(answer.to_json())
    except BrokenPipeError:
        # Whoever read has had enough. What Python would flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return failed


@click.command("model-export")
@click.argument("name")
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), required=True, help="Who is to read it."
)
@click.option(
    "--out",
    type=Folder(),
    metavar="DIR",
    help="The folder to write to; default `exported` in the model's own.",
)
@click.option("--model", metavar="ID", help="The model; default the champion.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def model_export(name: str, kind: str, out: Path | None, model: str | None, as_json: bool) -> None:
    """Write a model as other programs read it, and try it on photos of the test split."""
    from menagerie.learning.exporting import export_model
    from menagerie.settings import load_settings

    done = export_model(load_settings().dataset_dir(recipe_of(name).name), kind, out, model)
    if as_json:
        print_json(done.to_json())
    else:
        on = f"{done.samples} photos" if done.samples else "noise, for its test photos are gone,"
        click.echo(
            f"{done.path}\n  model {done.model} as {done.format}; its answers on {on} differ from"
            f" the model's own by {done.largest_difference:.2g} at most"
        )


COMMANDS = (evaluate, predict, model_export)
