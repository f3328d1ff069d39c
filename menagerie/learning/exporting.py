"""Writing a model for other programs, as the rest of the program asks for it."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menagerie.errors import CallError, MissingModelError, MissingReleaseError, TrainingError
from menagerie.folders import make_folder
from menagerie.learning.folder import Card, champion, read_card
from menagerie.learning.formats import FORMATS, Format
from menagerie.learning.placing import EXPORTED, refuse_ours, refuse_strangers
from menagerie.learning.process import ask_child
from menagerie.learning.samples import open_release
from menagerie.release.withdrawn import find_release

SAMPLES = 50
"""Photos of the test split that an exported model must answer as the model itself does."""

LARGEST_DIFFERENCE = 1e-3


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """What was written, and how far its answers are from the model's own.

    `samples` counts the photos it was asked about; with 0 it was asked about noise.
    """

    model: str
    release: str
    format: str
    path: Path
    samples: int
    largest_difference: float

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie model-export --json`."""
        return {
            "model": self.model,
            "release": self.release,
            "format": self.format,
            "path": str(self.path),
            "samples": self.samples,
            "largest_difference": self.largest_difference,
        }


def export_model(
    dataset_dir: Path, format_name: str, out: Path | None = None, model: str | None = None
) -> ExportedModel:
    """Write a model, by default the champion, in a format that other programs read.

    The file is loaded again as they would, asked about photos of the test split, or about noise
    where the release is gone, and takes its place in `out`, by default the folder `exported` of
    the model, only if it answers alike.

    Raises:
        MissingModelError: there is no such model.
        CallError: the format needs a package that is not installed.
        OutputError: `out` belongs to a dataset, or something else is in the way.
        HomeError: `out` cannot be written.
        TrainingError: the model cannot be used or written, or answers otherwise.
    """
    made = FORMATS[format_name]
    folder = champion(dataset_dir) if model is None else find_model(dataset_dir, model)
    card = read_card(folder)
    release = _release_of(dataset_dir, card)
    _refuse_missing(format_name, made)
    out = folder / EXPORTED if out is None else out
    refuse_ours(out, dataset_dir)
    make_folder(out, "--out")
    final = out.resolve() / made.file
    refuse_strangers(final)
    arguments = ["export", "--model", str(folder.resolve()), "--format", format_name]
    arguments += ["--out", str(final)]
    if release is not None:
        arguments += ["--release", str(release.resolve())]
    answers = ask_child(arguments)
    if not answers:
        raise TrainingError("The export ended well but answered nothing. Run it again.")
    path, (samples, difference) = out / made.file, (answers[0]["samples"], answers[0]["difference"])
    return ExportedModel(card.id, card.release, format_name, path, samples, difference)


def _release_of(dataset_dir: Path, card: Card) -> Path | None:
    """Return the release that a model was trained on, None where it is gone."""
    try:
        release = find_release(dataset_dir, card.release)
        open_release(release).samples("test")  # Refuses what is damaged before anything is made.
    except MissingReleaseError:
        return None
    return release


def find_model(dataset_dir: Path, model: str) -> Path:
    """Return the folder of a model by its id, or by the beginning of it.

    Raises:
        MissingModelError: there is none, or several.
    """
    found = sorted(path.parent for path in dataset_dir.glob("models/*/model.json"))
    known = [folder for folder in found if not folder.name.startswith(".")]
    meant = [folder for folder in known if folder.name.startswith(model)]
    if len(meant) != 1:
        names = ", ".join(folder.name for folder in known) or "none"
        raise MissingModelError(
            f"{dataset_dir.name!r} has {len(meant) or 'no'} models {model!r} (there are: {names})."
            " Name one of them."
        )
    return meant[0]


def _refuse_missing(name: str, made: Format) -> None:
    missing = [package for module, package in made.packages if not _is_there(module)]
    if missing:
        raise CallError(
            f"The format {name} needs {' and '.join(missing)}, which"
            f" {'is' if len(missing) == 1 else 'are'} not installed. Run"
            f" `.venv/bin/python -m pip install {' '.join(missing)}`, or choose another format."
        )


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
