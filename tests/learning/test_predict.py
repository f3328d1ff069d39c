import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from menagerie.errors import MissingModelError, PhotoError, TrainingError
from menagerie.learning.backend import import_keras
from menagerie.learning.fit import promote
from menagerie.learning.folder import is_complete, read_card, sha256
from menagerie.learning.predict import Predictor, champion
from menagerie.photos.decode import read_tile
from tests.builders import encoded, picture
from tests.learning.builders import LABELS, tiles


def only_model(dataset: Path) -> Path:
    (model,) = (path for path in (dataset / "models").iterdir() if path.is_dir())
    return model


def test_a_predictor_answers_with_probabilities_in_class_order(trained: Path) -> None:
    predictor = Predictor(trained)
    answers = predictor.probabilities(tiles(300)[0])
    assert (predictor.classes, predictor.image_size_px, predictor.resize) == (LABELS, 16, "crop")
    assert answers.shape == (300, 3)
    assert answers.dtype == np.float32
    assert np.allclose(answers.sum(axis=1), 1.0)
    alone = predictor.probabilities(tiles(300)[0][299:])
    assert np.allclose(answers[299:], alone, atol=1e-6)


def test_a_quickened_predictor_answers_as_before(trained: Path) -> None:
    predictor = Predictor(trained)
    before = predictor.probabilities(tiles(20)[0])
    predictor.quicken()
    assert np.allclose(predictor.probabilities(tiles(20)[0]), before, atol=1e-6)
    with pytest.raises(ValueError, match="uint8"):
        predictor.probabilities(np.zeros((2, 8, 8, 3), np.uint8))


def test_tiles_of_another_shape_are_refused(trained: Path) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(2, 16, 16, 3\)"):
        Predictor(trained).probabilities(np.zeros((2, 8, 8, 3), np.uint8))


def test_answers_that_are_no_numbers_are_refused(dataset: Path) -> None:
    layers, folder = import_keras().layers, only_model(dataset)
    # Each of its numbers is one; what they make of a photo is not.
    steps = [layers.Rescaling(1e38), layers.GlobalAveragePooling2D(), layers.Softmax()]
    import_keras().Sequential([layers.Input((16, 16, 3)), *steps]).save(folder / "model.keras")
    card, digest = folder / "model.json", sha256(folder / "model.keras")
    card.write_text(card.read_text().replace(read_card(folder).sha256, digest))
    with pytest.raises(TrainingError, match=r"no number: .* a lower training\.learning_rate"):
        Predictor(folder).predict(encoded(picture()))


def test_the_champion_is_swapped_in_one_step(dataset: Path) -> None:
    first = only_model(dataset)
    second = first.with_name("second")
    shutil.copytree(first, second)
    promote(dataset, first.name)
    assert champion(dataset).samefile(first)
    promote(dataset, "second")
    assert champion(dataset).samefile(second)
    assert (dataset / "champion").readlink() == Path("models/second")
    assert {path.name for path in dataset.iterdir()} == {"champion", "models"}


def test_only_a_whole_model_is_promoted(dataset: Path) -> None:
    (only_model(dataset) / "history.csv").unlink()
    with pytest.raises(MissingModelError, match="not a complete model"):
        promote(dataset, only_model(dataset).name)


def test_a_dataset_without_champion_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match=r"no champion.*`menagerie train animals`"):
        champion(tmp_path / "animals")


def test_a_champion_whose_model_is_gone_is_missing(dataset: Path) -> None:
    promote(dataset, only_model(dataset).name)
    (only_model(dataset) / "model.keras").unlink()
    with pytest.raises(MissingModelError, match=r"gone.*`menagerie train animals`"):
        champion(dataset)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match="nowhere"):
        Predictor(tmp_path / "nowhere")


def test_a_truncated_model_is_refused_and_not_complete(dataset: Path) -> None:
    file = only_model(dataset) / "model.keras"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"model\.keras is damaged"):
        Predictor(file.parent)
    assert not is_complete(file.parent)


def test_bytes_are_judged_as_their_tiles_are(trained: Path) -> None:
    predictor, photo = Predictor(trained), encoded(picture())
    tile = read_tile(photo, predictor.image_size_px, predictor.resize)
    assert predictor.predict(photo) == predictor.predictions(tile[None])[0]


def test_probabilities_stand_best_first_and_the_best_is_named(trained: Path) -> None:
    found = Predictor(trained).predict(encoded(picture()))
    shares = list(found.probabilities.values())
    assert shares == sorted(shares, reverse=True)
    assert (found.label, found.probability) == next(iter(found.probabilities.items()))


def test_a_batch_answers_as_single_photos_do_and_bad_ones_cost_nothing(trained: Path) -> None:
    predictor = Predictor(trained)
    photos = [encoded(picture(seed=number)) for number in range(20)]
    photos[3], photos[7], photos[19] = b"", b"no picture", photos[19][:100]
    outcomes = list(predictor.predict_all(photos))
    bad = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, PhotoError)]
    assert bad == [3, 7, 19]
    for photo, outcome in zip(photos, outcomes, strict=True):
        if not isinstance(outcome, PhotoError):
            alone = predictor.predict(photo).probabilities
            assert outcome.probabilities == pytest.approx(alone, abs=1e-5)


def test_threads_that_ask_at_once_get_their_own_answers(trained: Path) -> None:
    predictor = Predictor(trained)
    photos = [encoded(picture(seed=number)) for number in range(8)]
    alone = [predictor.predict(photo) for photo in photos]
    fresh = Predictor(trained)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(fresh.predict, photos * 5)) == alone * 5
