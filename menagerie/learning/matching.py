"""A model against the champion in the child process: the same photos, each as it wants them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.answers import Answers
from menagerie.learning.comparison import Comparison
from menagerie.learning.exposure import same_photos, unseen_test
from menagerie.learning.predict import Predictor
from menagerie.learning.samples import Release, Samples, open_release

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Rival:
    """The champion's folder and that of the release it was trained on."""

    model_dir: Path
    release_dir: Path


def compare(predictor: Predictor, answers: Answers, release: Release, rival: Rival) -> Comparison:
    """Compare the answers of a model to test photos of a release with those of the champion.

    A champion that wants samples of another size or cut gets them from its own release, so
    that only photos count that stand in the test splits of both.
    """
    champion = Predictor(rival.model_dir)
    unseen = unseen_test(release, rival.model_dir, champion.release)
    wanted = (champion.image_size_px, champion.resize)
    if wanted == (release.image_size_px, release.resize):
        rows, samples = np.arange(len(unseen)), release.samples("test")
        theirs = rows
    else:
        rows, theirs = same_photos(release.folder, rival.release_dir)
        samples = open_release(rival.release_dir).samples("test")
    place_of = np.full(len(unseen), -1)
    place_of[answers.rows] = np.arange(len(answers))
    fair = unseen[rows] & (place_of[rows] >= 0)
    places, theirs = place_of[rows[fair]], theirs[fair]
    named = _named(answers)[places]
    true = answers.true[places]
    numbers = np.array([predictor.classes.index(label) for label in champion.classes])
    here = named == true
    there = numbers[_asked(champion, samples, theirs)] == true
    return Comparison(
        predictor.id,
        champion.id,
        release.id,
        both=int((here & there).sum()),
        only_model=int((here & ~there).sum()),
        only_champion=int((~here & there).sum()),
        neither=int((~here & ~there).sum()),
    )


def _named(answers: Answers) -> NDArray[np.int64]:
    """Return the class number that each answer names, (n,)."""
    named = np.zeros(len(answers), np.int64)
    for places, block, _ in answers.blocks():
        named[places] = block.argmax(axis=1)
    return named


def _asked(champion: Predictor, samples: Samples, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ask the champion about rows of a split: the class numbers it names, (n,)."""
    named = np.zeros(len(rows), np.int64)
    for start in range(0, len(rows), _BATCH):
        batch = slice(start, start + _BATCH)
        named[batch] = champion.probabilities(samples.tiles(rows[batch])).argmax(axis=1)
    return named
