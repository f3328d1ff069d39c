import numpy as np
import pytest

from menagerie.learning.metrics import Metrics, Tally, wilson


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
# Medicine 17 (1998), table I, method 3.
@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    correct: int, total: int, low: float, high: float
) -> None:
    assert wilson(correct, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_stays_within_0_and_1() -> None:
    assert wilson(7, 7)[1] == 1.0
    assert wilson(0, 7)[0] == 0.0


@pytest.mark.parametrize(("correct", "total"), [(0, 0), (3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_share(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"share of {correct} in {total}"):
        wilson(correct, total)


def metrics() -> Metrics:
    return Metrics("m1", "r1", ("crow", "boar", "monkey"), ((3, 1, 0), (2, 2, 0), (0, 0, 0)), 4)


def test_scores_follow_from_the_confusion_matrix() -> None:
    crow = metrics().per_class["crow"]
    assert crow == {"samples": 4, "precision": 3 / 5, "recall": 3 / 4, "f1": 2 / 3}
    assert (metrics().samples, metrics().accuracy) == (8, 5 / 8)


def test_a_class_that_never_occurs_scores_0() -> None:
    nothing = {"samples": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert metrics().per_class["monkey"] == nothing


def test_metrics_survive_json() -> None:
    assert Metrics.from_json(metrics().to_json()) == metrics()


def test_a_tally_does_not_depend_on_its_batches() -> None:
    true, predicted = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    whole, halves = Tally(2), Tally(2)
    whole.add(true, predicted)
    halves.add(true[:2], predicted[:2])
    halves.add(true[2:], predicted[2:])
    assert whole.confusion() == halves.confusion() == ((2, 0), (1, 1))
