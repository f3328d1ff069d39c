"""Champions that answer many at once, and are exchanged meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from menagerie.errors import MissingModelError, TrainingError
from menagerie.serving.service import Answer, Predictions, Question, Upload
from tests.learning.builders import RED_ONLY
from tests.processes import wait_until
from tests.serving.builders import champion, dataset, forget_release, photo


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    """A folder of datasets of one's own, with one in it."""
    dataset(tmp_path)
    return tmp_path


@pytest.fixture
def predictions(datasets: Path) -> Iterator[Predictions]:
    opened = Predictions(datasets)
    yield opened
    opened.close()


def ask(predictions: Predictions, *photos: bytes, **question: float | int) -> list[Answer]:
    asked = Question(**question)  # type: ignore[arg-type]
    return predictions.predict("colours", [Upload(data) for data in photos], asked).answers


def label(predictions: Predictions, colour: str = "green") -> str | None:
    (answer,) = ask(predictions, photo(colour))
    assert answer.prediction is not None
    return answer.prediction.label


def test_a_photo_that_cannot_be_used_costs_the_others_nothing(predictions: Predictions) -> None:
    good, bad, other = ask(predictions, photo("red"), b"no picture", photo("blue", "PNG"))
    assert good.prediction is not None
    assert other.prediction is not None
    assert (good.prediction.label, other.prediction.label) == ("red", "blue")
    assert bad.prediction is None
    assert "begins like no JPEG" in str(bad.error)


def test_a_new_champion_takes_over_without_a_dropped_request(
    datasets: Path, predictions: Predictions
) -> None:
    assert label(predictions) == "green"
    told, over = [list[str | None]() for _ in range(4)], threading.Event()

    def keep_asking(answers: list[str | None]) -> None:
        while not over.is_set():
            answers.append(label(predictions))

    threads = [threading.Thread(target=keep_asking, args=(answers,)) for answers in told]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(told))
    champion(datasets / "colours", "second", RED_ONLY)
    wait_until(lambda: all(answers[-1] != "green" for answers in told))
    over.set()
    for thread in threads:
        thread.join()
    assert predictions.loaded() == {"colours": "second"}
    # The second one mixes up green and blue: each is told one of them first, then the other.
    for answers in told:
        greens = answers.count("green")
        assert greens > 0
        assert answers == ["green"] * greens + ["blue"] * (len(answers) - greens)
    assert predictions.swaps() == {"colours": 1}


def test_a_champion_that_cannot_be_loaded_leaves_the_former_one_answering(
    datasets: Path, predictions: Predictions
) -> None:
    assert label(predictions) == "green"
    champion(datasets / "colours", "second", RED_ONLY, broken=True)
    assert [label(predictions) for _ in range(3)] == ["green"] * 3
    assert predictions.loaded() == {"colours": "first"}


def test_a_first_champion_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    champion(dataset(tmp_path, "colours"), "second", broken=True)
    predictions = Predictions(tmp_path)
    with pytest.raises(TrainingError, match="damaged"):
        label(predictions)
    assert predictions.warm("colours") == "loading"
    wait_until(lambda: predictions.warm("colours") == "failed")
    predictions.close()


def test_a_dataset_without_a_champion_is_none(predictions: Predictions) -> None:
    with pytest.raises(MissingModelError, match=r"with a model: colours"):
        predictions.predict("../colours", [Upload(photo())])


def test_a_threshold_of_ones_own_names_none_of_the_classes(predictions: Predictions) -> None:
    (sure,), (unsure,) = (ask(predictions, photo(), threshold=t) for t in (0.0, 1.0))
    assert sure.prediction is not None
    assert unsure.prediction is not None
    assert (sure.prediction.label, unsure.prediction.label) == ("red", None)
    assert sure.prediction.probabilities == unsure.prediction.probabilities


def test_neighbours_are_the_likest_training_photos_until_they_are_withdrawn(
    datasets: Path, predictions: Predictions
) -> None:
    def near() -> Answer:
        return ask(predictions, photo("green"), neighbours=4)[0]

    wait_until(lambda: near().neighbours is not None)
    found = near().neighbours or []
    assert [each.label for each in found] == ["green"] * 4
    assert found[0].credit.license == "CC BY 2.0"
    assert found[0].likeness >= found[-1].likeness
    forget_release(datasets / "colours")
    assert near().neighbours == []
