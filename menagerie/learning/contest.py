"""From a trained model to a champion: judge it, compare it, promote it if the rule says so.

A model that is not promoted stays, and a person may promote it.
"""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from menagerie.errors import MenagerieError, MissingReleaseError
from menagerie.learning.champions import champion_id, crown, turned_away
from menagerie.learning.comparison import MARGIN, SIGNIFICANT, Comparison, read_comparison
from menagerie.learning.evaluate import evaluate_release
from menagerie.learning.fit import model_id
from menagerie.learning.folder import Card, champion, is_complete, read_card
from menagerie.learning.metrics import Metrics
from menagerie.recipe import Training

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the model that was judged, its figures, whether it is champion, why."""

    model_dir: Path
    metrics: Metrics
    is_champion: bool
    why: str


def judge_newest(dataset_dir: Path, release_dir: Path, training: Training) -> Outcome:
    """Judge the model that a training section makes of a release, and let it become champion.

    Where it is not trained, the champion is judged.

    Raises:
        MissingModelError: neither is there.
        MissingReleaseError: there is no such release, or that of the champion is gone.
        CallError: the champion does not fit the release.
        TrainingError: a model or the release cannot be used.
    """
    newest = dataset_dir / "models" / model_id(release_dir.name, training)
    if not is_complete(newest):
        model = champion(dataset_dir)
        return Outcome(model, evaluate_release(model, release_dir, training.reject_error), True, "")
    rival, reason = _rival(dataset_dir, newest)
    try:
        metrics = evaluate_release(newest, release_dir, training.reject_error, rival)
    except MissingReleaseError as error:
        if rival is None:
            raise
        # What the champion saw is unknown; the newest model can still be judged.
        metrics = evaluate_release(newest, release_dir, training.reject_error)
        act = _promoted if training.promotion == "always" else _stays
        return act(dataset_dir, newest, metrics, f"it cannot be compared. {error}")
    if champion_id(dataset_dir) == newest.name:
        return Outcome(newest, metrics, True, "")
    if rival is None:
        if champion_id(dataset_dir) is not None:
            _log.warning(
                "The model %s takes the place of the champion without a comparison: %s."
                " `menagerie models %s` lists those that `menagerie promote` could put there.",
                *(newest.name, reason, dataset_dir.name),
            )
        return _promoted(dataset_dir, newest, metrics, reason)
    if (change := turned_away(dataset_dir, newest.name)) is not None:
        date = time.strftime("%Y-%m-%d", time.gmtime(change.at))
        return _stays(dataset_dir, newest, metrics, f"a person put another in its place on {date}")
    compared = read_comparison(newest)
    assert compared is not None
    promoted, why = decide(compared, training.promotion)
    act = _promoted if promoted else _stays
    return act(dataset_dir, newest, metrics, why)


def _rival(dataset_dir: Path, newest: Path) -> tuple[Path | None, str]:
    """Return the champion that a model has to stand up to; None, and why, if there is none."""
    current = champion_id(dataset_dir)
    if current is None:
        return None, "there was no champion"
    if current == newest.name:
        return None, ""
    folder = dataset_dir / "models" / current
    card = _card(folder)
    if card is None or not is_complete(folder):
        return None, f"the champion {current} is gone or damaged"
    if set(card.classes) != set(read_card(newest).classes):
        return None, f"the champion {current} knows other classes ({', '.join(card.classes)})"
    return folder, ""


def _card(folder: Path) -> Card | None:
    try:
        return read_card(folder)
    except MenagerieError:
        return None


def decide(compared: Comparison, rule: str) -> tuple[bool, str]:
    """Tell whether a model is to be promoted by the recipe's rule, and why."""
    if rule == "always":
        return True, f"the recipe says always; {compared}"
    if compared.samples == 0:
        return False, (
            f"it shares no test photo with the champion {compared.champion}, so the two cannot be"
            " compared"
        )
    if rule == "better":
        shown = "is" if compared.better else "is not shown to be"
        return compared.better, f"it {shown} better: {compared}"
    if compared.not_worse:
        return True, f"it is not worse: {compared}"
    if compared.p_worse < SIGNIFICANT:
        return False, f"it is shown to be worse: {compared}"
    return False, f"it loses more than {MARGIN:.0%} of the photos: {compared}"


def _promoted(dataset_dir: Path, model: Path, metrics: Metrics, why: str) -> Outcome:
    crown(dataset_dir, model.name, "rule", why)
    return Outcome(model, metrics, True, why)


def _stays(dataset_dir: Path, model: Path, metrics: Metrics, why: str) -> Outcome:
    name = dataset_dir.name
    _log.warning(
        "The model %s was not promoted: %s. `menagerie promote %s %s` makes it the champion.",
        *(model.name, why.rstrip("."), name, model.name),
    )
    return Outcome(model, metrics, False, why)
