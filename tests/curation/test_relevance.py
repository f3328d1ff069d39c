"""Relevance: what is unlike most of its class is doubted, and people are believed."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from menagerie.curation.features import shortened, unit
from menagerie.curation.relevance import (
    KEPT,
    MIN_TIES,
    OPEN,
    REJECTED,
    Features,
    Numbers,
    Relevance,
    relevance,
    similarity,
)

COUNT, DIMENSIONS, WRONG = 60, 16, 6


def crawl(spread: float = 0.15) -> tuple[Features, Numbers]:
    """Make two classes of 60 photos, each alike; the first 6 of each are like nothing there
    but nearly all the same: a knot.
    """
    noise = np.random.default_rng(4)
    features = []
    for number in range(2):
        right = np.eye(DIMENSIONS)[number] + noise.normal(0, spread, (COUNT, DIMENSIONS))
        right[:WRONG] = np.eye(DIMENSIONS)[number + 4] + noise.normal(0, 0.01, (WRONG, DIMENSIONS))
        features.append(right)
    return unit(np.vstack(features)), np.repeat([0, 1], COUNT)


def scored(decided: dict[int, int] | None = None, ties: Numbers | None = None) -> Relevance:
    features, labels = crawl()
    said = np.full(len(labels), OPEN)
    for number, what in (decided or {}).items():
        said[number] = what
    return relevance(features, labels, np.arange(len(labels)) if ties is None else ties, said)


def area(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """How often a relevant photo outranks one that is not."""
    wins = scores[truth][:, None] - scores[~truth]
    return float((wins > 0).mean() + (wins == 0).mean() / 2)


@pytest.mark.parametrize("signal", ["similarity", "probability", "score"])
def test_a_knot_of_wrong_photos_ranks_below_the_rest(signal: str) -> None:
    values = getattr(scored(), signal)
    for start in (0, COUNT):
        assert values[start : start + WRONG].max() < values[start + WRONG : start + COUNT].min()


def test_the_same_input_gets_the_same_scores() -> None:
    assert np.array_equal(scored().score, scored().score)


def test_tied_photos_do_not_vouch_for_each_other() -> None:
    features, _ = crawl()
    alone = np.vstack([features[WRONG:COUNT], features[:1]])
    many = np.vstack([alone, np.repeat(features[:1], 9, axis=0)])
    usable = np.arange(len(many)) < len(alone)
    ties = np.arange(len(many))
    ties[len(alone) - 1 :] = len(alone) - 1
    before = similarity(alone, ties[: len(alone)], usable[: len(alone)])[-1]
    assert similarity(many, ties, usable)[-1] == pytest.approx(before)
    untied = similarity(many, np.arange(len(many)), np.ones(len(many), bool))[-1]
    assert untied > before + 0.1


def test_of_a_small_class_nothing_is_said() -> None:
    features, labels = crawl()
    few = np.r_[0:COUNT, COUNT : COUNT + MIN_TIES - 1]
    found = relevance(features[few], labels[few], few, np.full(len(few), OPEN))
    assert np.isfinite(found.score[:COUNT]).all()
    assert np.isnan(found.score[COUNT:]).all()


def test_a_class_of_one_owner_is_a_small_class() -> None:
    features, labels = crawl()
    ties = np.where(labels == 0, 0, np.arange(len(labels)))
    found = relevance(features, labels, ties, np.full(len(labels), OPEN))
    assert np.isnan(found.score[:COUNT]).all()


def test_rejected_photos_pull_down_what_is_like_them() -> None:
    after = scored(dict.fromkeys(range(4), REJECTED))
    assert after.score[4:WRONG].max() < scored().score[4:WRONG].min()


def test_kept_photos_lift_what_is_like_them() -> None:
    after = scored(dict.fromkeys(range(4), KEPT))
    assert after.score[4:WRONG].min() > scored().score[4:WRONG].max()


@pytest.mark.parametrize("what", [KEPT, REJECTED])
def test_one_answer_to_everything_moves_everything(what: int) -> None:
    before, after = scored().score, scored(dict.fromkeys(range(2 * COUNT), what)).score
    assert np.isfinite(after).all()
    assert (after.mean() > before.mean()) == (what == KEPT)


def test_a_real_crawl_is_put_in_order(shared: Path) -> None:
    """The bars that were set: an area of 0.90 for boar and 0.92 for crow, by no vote."""
    from menagerie.learning.backbone import Backbone, model_input

    with (shared / "photos/crawl/votes.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["keyword"], row["photo_id"]))
    paths = [shared / "photos/crawl" / r["keyword"] / f"{r['photo_id']}.jpg" for r in rows]
    images = np.stack([model_input(path.read_bytes()) for path in paths])
    backbone, numbers = Backbone(), np.arange(len(rows))
    lots = [(n, backbone.embed(images[n])) for n in np.array_split(numbers, 24)]
    words = np.array([row["keyword"] for row in rows])
    labels = np.unique(words, return_inverse=True)[1]
    features = shortened(lambda: lots, len(rows))
    scores = relevance(features, labels, numbers, np.full(len(rows), OPEN)).score
    votes = np.array([[int(r["kept_by_owner"]), int(r["kept_by_others"])] for r in rows])
    surely = (votes[:, 0] == 1) & (votes[:, 1] >= 2)
    not_at_all = votes.sum(axis=1) == 0
    for word, bar in (("boar", 0.90), ("crow", 0.92), ("monkey", 0.85)):
        judged = (words == word) & (surely | not_at_all)
        assert area(scores[judged], surely[judged]) >= bar, word
