"""A model: judge it, ask it."""

import sys
from pathlib import Path

import click

from menagerie.commands.common import console, print_json, recipe_of


@click.command()
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

    recipe = recipe_of(name)
    folder = load_settings().dataset_dir(recipe.name)
    model = champion(folder)
    if photos is None:
        release = find_release(folder, read_card(model).release)
        metrics = evaluate_release(model, release, recipe.training.reject_error)
    else:
        metrics = evaluate_folder(model, photos)
    if as_json:
        print_json(metrics.to_json())
    else:
        show_metrics(console(), metrics)


@click.command()
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
        print_json([answer.to_json() for answer in answers])
    else:
        from menagerie.display import show_predictions

        show_predictions(console(), answers)
    if any(answer.error for answer in answers):
        sys.exit(1)


COMMANDS = (evaluate, predict)
