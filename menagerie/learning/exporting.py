"""Writing a model for other programs, as the rest of the program asks for it."""

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menagerie.errors import CallError, MissingModelError, TrainingError
from menagerie.folders import make_folder
from menagerie.learning.folder import champion, read_card
from menagerie.learning.formats import FORMATS, Format
from menagerie.learning.process import run_child
from menagerie.learning.samples import open_release
from menagerie.release.withdrawn import find_release

SAMPLES = 50
"""Photos of the test split that an exported model must answer as the model itself does."""

LARGEST_DIFFERENCE = 1e-3


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """What was written, and how far its answers are from the model's own."""

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

    The file is loaded again as they would, asked about photos of the test split, and takes its
    place in `out`, by default the folder `exported` of the model, only if it answers alike.

    Raises:
        MissingModelError: there is no such model.
        MissingReleaseError: the release it was trained on is gone.
        CallError: the format needs a package that is not installed.
        HomeError: `out` cannot be written.
        TrainingError: the model cannot be used or written, or answers otherwise.
    """
    made = FORMATS[format_name]
    folder = champion(dataset_dir) if model is None else find_model(dataset_dir, model)
    card = read_card(folder)
    release = find_release(dataset_dir, card.release)
    open_release(release).samples("test")  # Refuses what cannot be used, before anything is made.
    _refuse_missing(format_name, made)
    out = folder / "exported" if out is None else out
    make_folder(out, "--out")
    final = out.resolve() / made.file
    arguments = ["export", "--model", str(folder.resolve()), "--release", str(release.resolve())]
    answer = _run([*arguments, "--format", format_name, "--out", str(final)])
    path, (samples, difference) = out / made.file, (answer["samples"], answer["difference"])
    return ExportedModel(card.id, card.release, format_name, path, samples, difference)


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


def _run(arguments: list[str]) -> dict[str, Any]:
    """Run a child and return what it answered; its log stays only if it failed."""
    answers: list[dict[str, Any]] = []
    with tempfile.NamedTemporaryFile(prefix="menagerie-", suffix=".log", delete=False) as file:
        log = Path(file.name)
    run_child(arguments, log, answers.append)
    log.unlink()
    if not answers:
        raise TrainingError("The export ended well but answered nothing. Run it again.")
    return answers[0]
