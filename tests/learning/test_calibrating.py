"""Temperature, threshold and calibration error are what their sources define."""

from pathlib import Path

import numpy as np
import pytest

from menagerie.learning.answers import Answers
from menagerie.learning.calibrating import FOLDS, cross_fit, fit, folds_by, threshold
from menagerie.learning.calibration import Calibration, read_calibration, scaled
from menagerie.learning.reliability import Best, Rejection, Reliability


def answers(folder: Path, temperature: float, samples: int = 6000, seed: int = 4) -> Answers:
    """Answers whose logits are `temperature` times what the labels were drawn by."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (samples, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = (chances.cumsum(axis=1) < random.random((samples, 1))).sum(axis=1)
    raised = np.exp(logits * temperature)
    np.save(folder / "p.npy", (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32))
    return Answers(folder / "p.npy", np.arange(samples), true)


def everyone(found: Answers) -> np.ndarray:
    return np.ones(len(found), np.bool_)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_a_model_is_off_by_is_found(
    tmp_path: Path, temperature: float
) -> None:
    found = answers(tmp_path, temperature)
    assert fit(found, everyone(found), 0.05).temperature == pytest.approx(temperature, rel=0.06)


def test_scaling_mends_the_calibration_of_photos_it_was_not_fitted_to(tmp_path: Path) -> None:
    found = answers(tmp_path, 3.0)
    folds = folds_by([f"owner {row // 7}" for row in range(len(found))])
    temperatures = np.array([each.temperature for each in cross_fit(found, folds, 0.05)])
    before, after = Reliability(), Reliability()
    for places, block, true in found.blocks():
        right = block.argmax(axis=1) == true
        before.add(block.max(axis=1), right)
        after.add(scaled(block, temperatures[folds[places]]).max(axis=1), right)
    assert before.error > 0.15
    assert after.error < 0.03


def test_scaling_keeps_sums_and_the_order_of_the_classes() -> None:
    random = np.random.default_rng(1).dirichlet((1, 1, 1, 1), 50).astype(np.float32)
    for temperature in (0.2, 1.0, 5.0):
        found = scaled(random, temperature)
        assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert (found.argsort(axis=1) == random.argsort(axis=1)).all()
    assert scaled(random, 1.0) == pytest.approx(random, abs=1e-6)


def test_a_few_photos_all_named_rightly_make_no_certainty(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", np.full((6, 2), (0.9, 0.1), np.float32))
    found = Answers(tmp_path / "p.npy", np.arange(6), np.zeros(6, np.int64))
    assert 0.3 < fit(found, everyone(found), 0.05).temperature < 1


def test_a_certain_and_wrong_answer_is_no_infinite_surprise(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", np.array([[1, 0], [1, 0], [0, 1]], np.float32))
    found = Answers(tmp_path / "p.npy", np.arange(3), np.array([0, 1, 1]))
    assert fit(found, everyone(found), 0.05).temperature > 1


def test_a_threshold_turns_away_no_more_of_the_photos_to_come_than_was_chosen() -> None:
    random = np.random.default_rng(7)
    away = [
        float((random.random(400) < threshold(random.random(99).astype(np.float32), 0.1)).mean())
        for _ in range(400)
    ]
    assert 0.09 < np.mean(away) < 0.102


def test_a_threshold_is_the_k_th_smallest_and_with_too_few_photos_0() -> None:
    sure = np.array([0.9, 0.5, 0.7, 0.8], np.float32)
    assert threshold(sure, 0.4) == pytest.approx(0.7, abs=1e-6)
    assert threshold(sure, 0.2) == 0.5
    assert threshold(sure, 0.19) == threshold(sure, 0.0) == threshold(sure[:0], 0.4) == 0


def test_photos_of_one_owner_stand_in_one_fold_and_unknown_ones_anywhere() -> None:
    owners = [f"owner {row % 40}" for row in range(400)]
    folds = folds_by(owners)
    assert {len(set(folds[row::40])) for row in range(40)} == {1}
    assert set(folds) == set(folds_by([None] * 40)) == set(range(FOLDS))


def test_the_calibration_error_is_the_mean_distance_of_sure_from_right() -> None:
    found = Reliability()
    found.add(np.array([0.95, 0.95], np.float32), np.array([True, False]))
    found.add(np.array([0.55, 1.0], np.float32), np.array([True, True]))
    # Bins of 1/15: {0.95, 0.95, 1.0} with 2 of 3 right, {0.55} right.
    assert found.error == pytest.approx(3 / 4 * abs(2 / 3 - 2.9 / 3) + 1 / 4 * 0.45)
    assert [count for _, _, count in found.bins()] == [1, 3]


def test_the_best_few_count_equal_answers_like_argmax() -> None:
    best = Best(4)
    best.add(np.array([2, 3]), np.array([[0.4, 0.3, 0.3, 0], [0.25] * 4], np.float32))
    assert best.shares() == {"2": 0.0, "3": 0.5}


def test_what_is_turned_away_does_not_count_as_answered() -> None:
    found = Rejection()
    sure, right = np.array([0.9, 0.6, 0.3], np.float32), np.array([True, False, True])
    found.add(sure, right, 0.5)
    assert found.answered == pytest.approx(2 / 3)
    assert found.accuracy == 0.5


def test_a_calibration_survives_its_file(tmp_path: Path) -> None:
    calibration = Calibration(1.4, 0.62, 0.05, "r1", 240)
    calibration.write(tmp_path)
    assert read_calibration(tmp_path) == calibration
