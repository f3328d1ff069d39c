"""Does a photo show its label? Told from a pretrained network's features, by no person's help.

Most of what a keyword finds shows it; the rest is many different things. So a relevant photo is
like a large share of its class, while the stuffed boar on the wall of the Boar's Head is like a
few others at most. Two signals use that, each in its own way, and a third learns from people.

- `similarity`: mean cosine to the nearest quarter of the class. A few nearest neighbours would
  do for a knot of twenty pub signs; a quarter of the class cannot be a knot.
- `probability`: what a classifier of this class against the others says of the photo, trained
  without it on the half of each class that is most similar: labels of the other half may be wrong.
- `score`: the mean of the photo's two ranks within its class, made a probability, corrected by
  what people decided on photos of the class.

A photo is never compared with, nor judged by a classifier trained on, a photo that it is tied to
(near-duplicates, the same owner): each would vouch for the other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.logistic import Vector, fit, probability, with_ones

Features = NDArray[np.float32]
Numbers = NDArray[np.int64]
Truths = NDArray[np.bool_]

KEPT, REJECTED, OPEN = 1, 0, -1
"""What a person said of a photo, or that nobody did."""

MIN_TIES = 20
"""Of a class with fewer independent photos nobody can tell what is usual in it."""

_NEAR_SHARE = 0.25
_CORE_SHARE = 0.5
_FOLDS = 5
# Beyond so many the answers no longer change; costs then grow linearly with the photos.
_REFERENCES = 4000
_TRAINED_ON = 2000
_LOT = 2048

# Precisions of the priors. The features have length 1, so coefficients must grow to about ten to
# decide anything; a classifier's samples weigh 1 together, a person's decision weighs 1 alone.
_CLASSIFIER_PRECISION = 0.01
_FEATURE_PRECISION = 0.3
_TRUST_PRECISION = 4.0
# Before any decision: sigmoid(1.5 z + 1.5), z the standardised rank, so that z = -1, about the
# lowest sixth of a class, is where it could be either.
_TRUST = 1.5


@dataclass(frozen=True, slots=True)
class Relevance:
    """The signals of each photo: float64 (n,) each; NaN where the class is too small to tell."""

    probability: Vector
    similarity: Vector
    score: Vector


def relevance(features: Features, labels: Numbers, ties: Numbers, decided: Numbers) -> Relevance:
    """Score photos.

    `features` (n, d) have length 1 and no preferred order; `labels` (n,) are class numbers;
    photos with the same number in `ties` (n,) are tied; `decided` (n,) is KEPT, REJECTED or OPEN.
    """
    classes = [
        members
        for number in np.unique(labels)
        if len(np.unique(ties[members := np.flatnonzero(labels == number)])) >= MIN_TIES
    ]
    folds = np.unique(ties, return_inverse=True)[1] % _FOLDS
    result = Relevance(*(np.full(len(labels), np.nan) for _ in range(3)))
    core = np.zeros(len(labels), bool)
    for members in classes:
        near = similarity(features[members], ties[members], decided[members] != REJECTED)
        result.similarity[members] = near
        core[members] = (_rank(near) > 1 - _CORE_SHARE) | (decided[members] == KEPT)
    core &= decided != REJECTED
    for members in classes:
        result.probability[members] = _against_others(features, members, core, decided, folds)
    for members in classes:
        ranks = (_rank(result.probability[members]) + _rank(result.similarity[members])) / 2
        result.score[members] = _learned(features[members], ranks, decided[members], folds[members])
    return result


def similarity(features: Features, ties: Numbers, usable: Truths) -> Vector:
    """Return the mean cosine of each photo of a class to the nearest quarter of those usable."""
    references = _spread(np.flatnonzero(usable), _REFERENCES)
    nearest = max(1, int(len(references) * _NEAR_SHARE))
    means = np.zeros(len(features))
    for start in range(0, len(features), _LOT):
        lot = slice(start, start + _LOT)
        cosines = features[lot] @ features[references].T
        cosines[ties[lot, None] == ties[references]] = np.nan
        # NaN sorts last, so the nearest stand first among the negated.
        top = -np.partition(-cosines, nearest - 1, axis=1)[:, :nearest]
        counts = np.maximum(1, np.isfinite(top).sum(axis=1))
        means[lot] = np.nansum(top, axis=1, dtype=np.float64) / counts
    return means


def _against_others(
    features: Features, members: Numbers, core: Truths, decided: Numbers, folds: Numbers
) -> Vector:
    """Return the probability of its class for each member, from the folds it is not in."""
    mine = np.zeros(len(features), bool)
    mine[members] = True
    answers = np.full(len(members), 0.5)
    for fold in range(_FOLDS):
        yes = _spread(np.flatnonzero(mine & core & (folds != fold)), _TRAINED_ON)
        wrong = np.flatnonzero(mine & (decided == REJECTED) & (folds != fold))
        no = np.concatenate(
            [_spread(np.flatnonzero(~mine & core & (folds != fold)), _TRAINED_ON), wrong]
        )
        here = folds[members] == fold
        if len(yes) and len(no) and here.any():
            x = with_ones(features[np.concatenate([yes, no])])
            y = np.repeat([1.0, 0.0], [len(yes), len(no)])
            weights = np.repeat([0.5 / len(yes), 0.5 / len(no)], [len(yes), len(no)])
            flat = np.zeros(x.shape[1])
            found = fit(x, y, weights, np.full(len(flat), _CLASSIFIER_PRECISION), flat)
            answers[here] = probability(with_ones(features[members[here]]), found)
    return answers


def _learned(features: Features, ranks: Vector, decided: Numbers, folds: Numbers) -> Vector:
    """Return the probability that each photo of a class is relevant, after the decisions.

    The unsupervised ranks are the prior: with no decision they are all there is, and each
    decision moves the trust in them and what the features say beside them. A decided photo is
    judged by the decisions of other folds alone, so that its score tells how good the scores are.
    """
    odds = np.log(ranks / (1 - ranks))
    standard = (odds - odds.mean()) / max(float(odds.std()), 1e-9)
    x = with_ones(np.column_stack([features - features.mean(axis=0), standard]))
    precision = np.full(x.shape[1], _FEATURE_PRECISION)
    mean = np.zeros(x.shape[1])
    precision[-2:], mean[-2:] = _TRUST_PRECISION, _TRUST
    known = decided != OPEN

    def after(samples: Truths) -> Vector:
        chosen = np.flatnonzero(samples)
        y = (decided[chosen] == KEPT).astype(np.float64)
        return fit(x[chosen], y, np.ones(len(chosen)), precision, mean)

    scores = probability(x, after(known))
    for fold in np.unique(folds[known]):
        here = known & (folds == fold)
        scores[here] = probability(x[here], after(known & (folds != fold)))
    return scores


def _rank(values: Vector) -> Vector:
    """Return the rank of each value, equal ones sharing theirs, between 0 and 1."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Vector = (np.cumsum(counts) - counts / 2)[inverse] / len(values)
    return ranks


def _spread(numbers: Numbers, most: int) -> Numbers:
    """Return at most so many of the numbers, evenly spread."""
    if len(numbers) <= most:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, most).astype(np.int64)]
