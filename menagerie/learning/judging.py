"""Judging a model on the test split of a release, in the child process."""

import heapq
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menagerie.errors import TrainingError
from menagerie.folders import has_no_room, replacing
from menagerie.learning.answers import Answers, ask
from menagerie.learning.breakdown import Part, parts
from menagerie.learning.calibrating import Fit, cross_fit, fit, folds_by
from menagerie.learning.calibration import Calibration, scaled
from menagerie.learning.comparison import Comparison
from menagerie.learning.exposure import MANIFEST, split_of, unseen_test
from menagerie.learning.matching import Rival, compare
from menagerie.learning.metrics import Metrics, Tally
from menagerie.learning.plots import draw_confusion, draw_reliability
from menagerie.learning.predict import Predictor
from menagerie.learning.reliability import Best, Rejection, Reliability
from menagerie.learning.report import Example, Findings, write_reports
from menagerie.learning.samples import Release, Samples, open_release
from menagerie.terms import SHEET_PHOTOS

_Place = tuple[float, int, int, int]
"""How sure, row in the arrays, true class, predicted class."""


def judge_release(
    model_dir: Path, release_dir: Path, reject_error: float, rival: Rival | None
) -> None:
    """Judge a model on a release's test split; see `evaluate.evaluate_release`."""
    predictor, release = Predictor(model_dir), open_release(release_dir)
    samples = release.samples("test")
    unseen = unseen_test(release, model_dir, predictor.release)
    if not unseen.any():
        raise TrainingError(
            f"The model {predictor.id} was trained on all {len(samples)} test photos of the"
            f" release {release.id}. Judge it on others, with --photos."
        )
    with tempfile.TemporaryDirectory(prefix="menagerie-") as folder:
        answers = ask(predictor, samples, np.flatnonzero(unseen), Path(folder))
        comparison = None if rival is None else compare(predictor, answers, release, rival)
        judged = _judge(answers, _known_of(release, answers), len(predictor.classes), reject_error)
    metrics = judged.metrics(predictor, release, left_out=int((~unseen).sum()))
    try:
        _publish(model_dir, release, samples, judged, metrics, comparison)
    except OSError as error:
        if has_no_room(error):
            raise TrainingError(
                f"The disk of {model_dir} is full. Free some space there, and run the same command"
                " again."
            ) from None
        raise TrainingError(
            f"{error.filename2 or error.filename or model_dir} cannot be written:"
            f" {error.strerror or error}. See that nothing is in its way, and run the same command"
            " again."
        ) from None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the manifest tells of each judged photo: None where it tells nothing."""

    owners: list[str | None]
    names: list[str | None]
    licenses: list[str | None]


def _known_of(release: Release, answers: Answers) -> _Known:
    if not (release.folder / MANIFEST).is_file():
        nothing: list[str | None] = [None] * len(answers)
        return _Known(nothing, nothing, nothing)
    table = split_of(release.folder, "test", ("owner", "owner_name", "license"))
    owners, names, licenses = (column.to_pylist() for column in table.take(answers.rows).columns)
    named = [
        f"{name} ({owner})" if owner and name else owner
        for owner, name in zip(owners, names, strict=True)
    ]
    return _Known(owners, named, licenses)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What came of all answers: counts, fits, and which samples a person should look at."""

    fit: Fit
    reject_error: float
    tally: Tally
    best: Best
    plain: Reliability
    scaled: Reliability
    rejection: Rejection
    owners: list[Part]
    licenses: list[Part]
    worst: list[_Place]
    unsure: list[_Place]

    def metrics(self, predictor: Predictor, release: Release, left_out: int) -> Metrics:
        """Return the figures."""
        return Metrics(
            predictor.id,
            release.id,
            predictor.classes,
            self.tally.confusion(),
            left_out=left_out,
            top_k=self.best.shares(),
            calibration={
                "ece": self.plain.error,
                "ece_scaled": self.scaled.error,
                "temperature": self.fit.temperature,
                "threshold": self.fit.threshold,
                "answered": self.rejection.answered,
                "accuracy_answered": self.rejection.accuracy,
            },
            per_license={
                part.name: {
                    "samples": part.samples,
                    "accuracy": part.accuracy,
                    "interval": list(part.interval),
                }
                for part in self.licenses
            },
        )


def _judge(answers: Answers, known: _Known, classes: int, reject_error: float) -> _Judged:
    folds = folds_by(known.owners)
    whole = fit(answers, np.ones(len(answers), np.bool_), reject_error)
    fits = cross_fit(answers, folds, reject_error)
    temperatures = np.array([each.temperature for each in fits], np.float32)
    thresholds = np.array([each.threshold for each in fits], np.float32)
    tally, best, rejection = Tally(classes), Best(classes), Rejection()
    plain, honest = Reliability(), Reliability()
    right = np.zeros(len(answers), np.bool_)
    worst: list[_Place] = []
    unsure: list[_Place] = []
    for places, block, true in answers.blocks():
        predicted = block.argmax(axis=1)
        is_right = predicted == true
        right[places] = is_right
        tally.add(true, predicted)
        best.add(true, block)
        plain.add(block.max(axis=1), is_right)
        # Each photo with what was fitted to photos of other owners.
        fold = folds[places]
        sure = scaled(block, temperatures[fold]).max(axis=1)
        honest.add(sure, is_right)
        rejection.add(sure, is_right, thresholds[fold])
        # What people look at is as sure as `menagerie predict` would say.
        shown = scaled(block, whole.temperature).max(axis=1)
        found = list(
            zip(
                shown.tolist(),
                answers.rows[places].tolist(),
                true.tolist(),
                predicted.tolist(),
                strict=True,
            )
        )
        wrong = [place for place in found if place[2] != place[3]]
        worst = heapq.nlargest(SHEET_PHOTOS, [*worst, *wrong])
        unsure = heapq.nsmallest(SHEET_PHOTOS, [*unsure, *found])
    return _Judged(
        whole,
        reject_error,
        tally,
        best,
        plain,
        honest,
        rejection,
        parts(known.names, right),
        parts(known.licenses, right),
        worst,
        unsure,
    )


def _publish(
    model_dir: Path,
    release: Release,
    samples: Samples,
    judged: _Judged,
    metrics: Metrics,
    comparison: Comparison | None,
) -> None:
    """Write all of it into the model's folder; `metrics.json` last: with it, all is there."""
    labels = metrics.classes
    _draw(model_dir / "confusion.png", lambda p: draw_confusion(metrics.confusion, labels, p))
    reliability = {"as it comes": judged.plain, "scaled": judged.scaled}
    _draw(model_dir / "calibration.png", lambda p: draw_reliability(reliability, p))
    if comparison is not None:
        comparison.write(model_dir)
    fit, reject_error = judged.fit, judged.reject_error
    calibration = Calibration(fit.temperature, fit.threshold, reject_error, release.id, fit.samples)
    calibration.write(model_dir)
    worst, unsure = (
        [
            Example(row, labels[true], labels[taken], sure, samples.tiles(slice(row, row + 1))[0])
            for sure, row, true, taken in places
        ]
        for places in (judged.worst, judged.unsure)
    )
    findings = Findings(metrics, calibration, judged.owners, worst, unsure)
    write_reports(model_dir, release, findings)
    with replacing(model_dir / "metrics.json") as partial:
        partial.write_text(json.dumps(metrics.to_json(), indent=2) + "\n", encoding="utf-8")


def _draw(path: Path, draw: Callable[[Path], None]) -> None:
    with replacing(path) as partial:
        draw(partial)
