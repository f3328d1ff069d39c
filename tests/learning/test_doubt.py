import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import TrainingError
from menagerie.learning.calibration import read_calibration
from menagerie.learning.predict import Predictor
from tests.learning.builders import tiles


def test_a_model_without_calibration_is_taken_at_its_word(trained: Path) -> None:
    calibration = Predictor(trained).calibration
    assert (calibration.temperature, calibration.threshold) == (1.0, 0.0)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"temperature": 0, "threshold": 0}', '{"temperature": 1, "threshold": 2}',
     '{"temperature": "hot", "threshold": 0}', '{"temperature": 1e999, "threshold": 0}'],
)  # fmt: skip
def test_a_calibration_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(TrainingError, match=r"calibration\.json cannot be used.*evaluate"):
        read_calibration(tmp_path)


def test_predictions_have_temperature_and_threshold_and_probabilities_have_not(
    trained: Path, tmp_path: Path
) -> None:
    folder, photos = shutil.copytree(trained, tmp_path / "model"), tiles(6)[0]
    raw = Predictor(trained).probabilities(photos)
    calibration = {"temperature": 100.0, "threshold": 0.5, "samples": 30}
    (folder / "calibration.json").write_text(json.dumps(calibration))
    predictor = Predictor(folder)
    assert np.array_equal(predictor.probabilities(photos), raw)
    assert all(p.label is None and p.probability < 0.36 for p in predictor.predictions(photos))


def test_a_threshold_of_the_caller_takes_the_models_place(trained: Path, tmp_path: Path) -> None:
    folder, photos = shutil.copytree(trained, tmp_path / "model"), tiles(6)[0]
    (folder / "calibration.json").write_text('{"temperature": 100.0, "threshold": 0.5}')
    named = Predictor(folder, threshold=0.0).predictions(photos)
    assert all(p.label == next(iter(p.probabilities)) for p in named)
    assert all(p.label is None for p in Predictor(folder, threshold=1.0).predictions(photos))
