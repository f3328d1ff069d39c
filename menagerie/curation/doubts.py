"""Which photos are doubtful: below the threshold of their label, and nobody has decided."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice

import numpy as np

from menagerie.catalog.database import Catalog
from menagerie.catalog.relevance import Showing, decided, scorable, scores_of
from menagerie.curation.reasons import Reason
from menagerie.photos.embeddings import embedding_spec
from menagerie.recipe import Curation, Recipe

ENOUGH = 10
"""From so many decisions on photos of a class its scores say what is more probable than not."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A photo that a person is to look at: how relevant it seems, and from where on it would pass.

    `doubt` is 1 less the distance between the two: 1 where nobody could tell.
    """

    photo_id: str
    page_url: str
    sha256: str
    label: str
    score: float
    threshold: float

    @property
    def doubt(self) -> float:
        """How little the score says."""
        return 1 - abs(self.score - self.threshold)

    def to_json(self) -> dict[str, object]:
        """Return an entry of `menagerie queue --json`."""
        return {**asdict(self), "doubt": self.doubt}


def thresholds(
    scores: Mapping[Showing, float], answers: Mapping[Showing, bool], share: float
) -> dict[str, float]:
    """Return the score from which on a photo of each label passes.

    A score is a probability once people have decided on enough photos of the label: a half.
    Before, it only puts the photos in an order, and a fixed share of them is doubtful.
    """
    by_label: dict[str, list[float]] = defaultdict(list)
    asked: dict[str, int] = defaultdict(int)
    for (sha256, label), score in scores.items():
        by_label[label].append(score)
        asked[label] += (sha256, label) in answers
    return {
        label: 0.5 if asked[label] >= ENOUGH else float(np.quantile(values, share))
        for label, values in by_label.items()
    }


def unfit(
    scores: Mapping[Showing, float], answers: Mapping[Showing, bool], curation: Curation
) -> dict[Showing, Reason]:
    """Return the photos that relevance keeps out of a release, and why; none that are decided."""
    if curation.relevance == "reject":
        reason = Reason.IRRELEVANT
    elif curation.relevance == "review" and curation.hold_doubtful:
        reason = Reason.AWAITING_REVIEW
    else:
        return {}
    limits = thresholds(scores, answers, curation.doubtful_share)
    return {
        showing: reason
        for showing, score in scores.items()
        if showing not in answers and score < limits[showing[1]]
    }


def unfit_of(catalog: Catalog, recipe: Recipe) -> dict[Showing, Reason]:
    """Return the photos of a dataset that relevance keeps out, by the scores in the catalog."""
    return unfit(scores_of(catalog, recipe.name), decided(catalog, recipe), recipe.curation)


def most_doubtful(
    scores: Mapping[Showing, float], answers: Mapping[Showing, bool], share: float
) -> list[Showing]:
    """Return what nobody has decided, the most doubtful first.

    That is what is nearest to the threshold of its label, the lower of two that are equally near:
    there an answer teaches the most, and changes the most.
    """
    limits = thresholds(scores, answers, share)
    return sorted(
        scores.keys() - answers.keys(),
        key=lambda showing: (abs(scores[showing] - limits[showing[1]]), scores[showing], showing),
    )


def review_queue(catalog: Catalog, recipe: Recipe, limit: int) -> list[Doubt]:
    """Return the photos that a person is to look at, the most doubtful first."""
    scores, answers = scores_of(catalog, recipe.name), decided(catalog, recipe)
    share, spec = recipe.curation.doubtful_share, embedding_spec(recipe.curation.backbone)
    limits = thresholds(scores, answers, share)
    photos = {(photo.sha256, photo.label): photo for photo in scorable(catalog, recipe, spec)}
    doubtful = (showing for showing in most_doubtful(scores, answers, share) if showing in photos)
    return [
        Doubt(
            photo_id=photos[showing].photo_id,
            page_url=photos[showing].page_url,
            sha256=showing[0],
            label=showing[1],
            score=scores[showing],
            threshold=limits[showing[1]],
        )
        for showing in islice(doubtful, limit)
    ]
