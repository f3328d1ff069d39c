"""Judging a model, as the rest of the program asks for it."""

import json
import os
from pathlib import Path

from menagerie.errors import (
    CallError,
    InputError,
    MenagerieError,
    MissingReleaseError,
    TrainingError,
)
from menagerie.folders import files_below
from menagerie.learning.calibration import REJECT_ERROR, read_calibration
from menagerie.learning.comparison import read_comparison
from menagerie.learning.exposure import Seen
from menagerie.learning.folder import Card, read_card, refuse_damaged
from menagerie.learning.metrics import Metrics, wilson
from menagerie.learning.process import ask_child, run_child
from menagerie.learning.samples import open_release
from menagerie.release.withdrawn import find_release

__all__ = ["Metrics", "evaluate_folder", "evaluate_release", "read_metrics", "wilson"]

_OUTPUTS = ("metrics.json", "confusion.png", "calibration.png", "report.html", "unsure.html")
_LOG = "evaluate.log"


def evaluate_release(
    model_dir: Path,
    release_dir: Path,
    reject_error: float = REJECT_ERROR,
    champion_dir: Path | None = None,
) -> Metrics:
    """Judge a model on the test split of a release, unless that was done already.

    Photos that the model was trained on are left out. Writes pictures, pages,
    `calibration.json` and `metrics.json` into the model's folder; and `comparison.json`, if
    there is a champion to compare it with.

    Raises:
        MissingModelError: there is no such model.
        MissingReleaseError: there is no such release, or that of one of the models is gone.
        CallError: the release has other classes or another image size than the model.
        TrainingError: the model or the release cannot be used.
    """
    card, release = read_card(model_dir), open_release(release_dir)
    made, wanted = (card.classes, card.image_size_px), (release.classes, release.image_size_px)
    if made != wanted:
        raise CallError(
            f"The model {card.id} was trained for {_describe(*made)}; the release {release.id}"
            f" has {_describe(*wanted)}. Train a model on that release."
        )
    refuse_damaged(model_dir, card)
    rival = None if champion_dir is None else read_card(champion_dir)
    known = _known(model_dir, release.id, reject_error, rival)
    if known is None:
        release.samples("test")  # Refuses arrays that cannot be used, before a child is started.
        for folder, asked in ((model_dir, card), (champion_dir, rival)):
            if folder is not None and asked is not None and asked.release != release.id:
                Seen(folder).refuse_unknown(release.id)
        arguments = ["--model", str(model_dir.resolve()), "--release", str(release_dir.resolve())]
        arguments += ["--reject-error", str(reject_error)]
        if champion_dir is not None and rival is not None:
            saw = find_release(champion_dir.parents[1], rival.release)
            arguments += ["--champion-model", str(champion_dir.resolve())]
            arguments += ["--champion-trained-on", str(saw.resolve())]
        run_child(["evaluate", *arguments], model_dir.parent / _LOG, lambda _message: None)
        known = _known(model_dir, release.id, reject_error, rival)
    if known is None:
        raise TrainingError(f"The evaluation ended well but left no metrics in {model_dir}.")
    return known


def trained_on(dataset_dir: Path, card: Card) -> Path:
    """Return the folder of the release that a model was trained on, or of its successor.

    Raises:
        MissingReleaseError: it is gone.
    """
    release = find_release(dataset_dir, card.release)
    if not release.is_dir():
        name = dataset_dir.name
        raise MissingReleaseError(
            f"The release {card.release}, which the model {card.id} was trained on, is gone."
            f" `menagerie rebuild {name} {card.release}` makes it anew if its photos are there,"
            f" `menagerie train {name}` trains on the current one, and --photos judges on a folder."
        )
    return release


def evaluate_folder(model_dir: Path, photos: Path, page: Path | None = None) -> Metrics:
    """Judge a model on a folder with one sub-folder of photos a class, however deep they lie.

    With a `page`, all that was found is written there as HTML, the worst mistakes included.

    A photo that cannot be used, or lies in no sub-folder, is counted as skipped; one that the
    model was trained on is left out, and so are copies; see `Metrics`.

    Raises:
        MissingModelError: there is no such model.
        CallError: no such folder, a sub-folder that is no class, no usable photo, or a page that
            cannot be written.
        TrainingError: the model cannot be used.
    """
    card = read_card(model_dir)
    _check_folder(card, photos)
    arguments = ["--model", str(model_dir.resolve()), "--photos", str(photos.resolve())]
    if page is not None:
        # Told before the work, not after it.
        if page.is_dir() or not page.parent.is_dir():
            why = "it is a folder" if page.is_dir() else f"there is no folder {page.parent}"
            raise InputError(f"{page} cannot be written: {why}. Name another file.")
        arguments += ["--page", str(page.resolve())]
    answers = ask_child(["evaluate-folder", *arguments])
    if not answers:
        raise TrainingError("The evaluation ended well but answered nothing.")
    metrics = Metrics.from_json(answers[0])
    if metrics.samples == 0 and metrics.left_out:
        raise CallError(
            f"The model {card.id} was trained on all {metrics.left_out} usable photos in {photos}."
            " Give photos that it has not seen."
        )
    if metrics.samples == 0 and metrics.cross_label:
        raise CallError(
            f"All usable photos in {photos} are there under more than one class"
            f" ({metrics.cross_label} files). Put each into the sub-folder of its class alone."
        )
    if metrics.samples == 0:
        raise CallError(
            f"None of the {metrics.skipped} photos in {photos} can be used."
            " Give JPEG, PNG, GIF or WebP files."
        )
    return metrics


def _check_folder(card: Card, photos: Path) -> None:
    # Path.is_dir raises an error of a name that is too long for the system.
    if not os.path.isdir(photos):  # noqa: PTH112
        raise CallError(f"There is no folder {photos}. Give one with a sub-folder for each class.")
    found = sorted(p.name for p in photos.iterdir() if p.is_dir() and p.name[0] != ".")
    unknown = [name for name in found if name not in card.classes]
    if unknown:
        raise CallError(
            f"{photos} holds {', '.join(unknown)}, which the model does not know"
            f" (it knows {', '.join(card.classes)}). Rename or remove those sub-folders."
        )
    if not any(True for name in found for _ in files_below(photos / name)):
        raise CallError(
            f"{photos} holds no photos in sub-folders named like {', '.join(card.classes)}."
            " Put them there."
        )


def read_metrics(model_dir: Path) -> Metrics | None:
    """Return the metrics that lie in a model's folder, when they are whole and of this model."""
    if not all((model_dir / name).is_file() for name in _OUTPUTS):
        return None
    try:
        entries = json.loads((model_dir / "metrics.json").read_text(encoding="utf-8"))
        metrics, card = Metrics.from_json(entries), read_card(model_dir)
    except (OSError, ValueError, KeyError, TypeError, MenagerieError):
        return None
    return metrics if (metrics.model, metrics.classes) == (card.id, card.classes) else None


def _known(
    model_dir: Path, release_id: str, reject_error: float, rival: Card | None
) -> Metrics | None:
    """Return what was found out before, if that is all that is asked."""
    try:
        metrics, calibration = read_metrics(model_dir), read_calibration(model_dir)
    except TrainingError:
        # Damaged: judging writes it anew.
        return None
    if metrics is None or metrics.release != release_id or calibration is None:
        return None
    if (calibration.release, calibration.reject_error) != (release_id, reject_error):
        return None
    if rival is not None:
        compared = read_comparison(model_dir)
        if compared is None or (compared.champion, compared.release) != (rival.id, release_id):
            return None
    return metrics


def _describe(classes: tuple[str, ...], size_px: int) -> str:
    return f"{', '.join(classes)} at {size_px} px"
