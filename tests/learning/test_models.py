from pathlib import Path
from typing import Any

import numpy as np
import pytest

from menagerie.errors import RecipeError
from menagerie.learning.backend import import_keras
from menagerie.learning.optimizers import warmed_up
from menagerie.learning.samples import Samples
from menagerie.recipe import Training
from tests.learning.builders import tiles

NAMES = ["cnn", "mnist_cnn", "cifar_cnn"]


def planned(folder: Path, training: dict[str, Any], size_px: int = 16, classes: int = 3) -> Any:
    """Plan a training of random samples."""
    import_keras()
    from menagerie.learning.fitting import Batches
    from menagerie.learning.planning import Task, plan

    images = np.random.default_rng(3).integers(0, 256, (12, size_px, size_px, 3))
    np.save(folder / "x.npy", images.astype(np.uint8))
    samples, rows = Samples(folder / "x.npy", np.arange(12) % classes), np.arange(12)

    def feed(samples: Samples, batch_size: int) -> Batches:
        return Batches(samples, rows, classes, batch_size, seed=5)

    asked = Training.model_validate({"epochs": 1, **training})
    return plan(Task(asked, "r1", samples, rows, classes, feed, folder, lambda _note: None))


def layer_names(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("name", NAMES)
def test_augmentation_does_nothing_outside_training(name: str, tmp_path: Path) -> None:
    plan = planned(tmp_path, {"model": name, "augmentation": {"preset": "course"}})
    images = tiles(4)[0]
    first, second = (plan.model.predict_on_batch(images) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.allclose(first.sum(axis=1), 1.0)


def test_the_classic_networks_have_the_layers_and_weights_of_their_examples(
    tmp_path: Path,
) -> None:
    # 1,250,858 and 1,199,882 weights are published for 32x32x3 and 28x28x1 and 10 classes;
    # here there are 3 classes, and 3 colours for MNIST's one, on 28x28.
    cifar = planned(tmp_path, {"model": "cifar_cnn"}, 32).published
    mnist = planned(tmp_path, {"model": "mnist_cnn"}, 28).published
    assert cifar.count_params() == 1_250_858 - 7 * 513
    assert mnist.count_params() == 1_199_882 - 7 * 129 + 2 * 9 * 32
    assert layer_names(cifar)[2:] == [
        *["Conv2D", "Conv2D", "MaxPooling2D", "Dropout"] * 2,
        *["Flatten", "Dense", "Dropout", "Dense"],
    ]


@pytest.mark.parametrize("name", [*NAMES, "transfer"])
def test_a_published_network_holds_nothing_but_keras_and_nothing_random(
    name: str, tmp_path: Path
) -> None:
    published = planned(tmp_path, {"model": name}).published
    for layer in published._flatten_layers():
        assert type(layer).__module__.startswith("keras.")
        assert not type(layer).__name__.startswith(("Random", "Lambda"))


@pytest.mark.parametrize("name", ["cnn", "transfer"])
def test_what_learns_from_mirror_images_answers_alike_for_both(name: str, tmp_path: Path) -> None:
    ask = planned(tmp_path, {"model": name}).published.predict_on_batch
    plain = planned(tmp_path, {"model": name, "augmentation": {"preset": "none"}}).published
    images = np.load(tmp_path / "x.npy")
    assert np.allclose(ask(images), ask(images[:, :, ::-1]), atol=1e-5)
    assert "mirror" not in [layer.name for layer in plain.layers]


def test_a_network_of_two_classes_gives_two_probabilities(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"loss": "binary_crossentropy", "metrics": ["AUC"]}, classes=2)
    figures = plan.model.fit(
        np.load(tmp_path / "x.npy"), np.eye(2)[np.arange(12) % 2], verbose=0
    ).history
    assert plan.published.output_shape == (None, 2)
    assert {"loss", "accuracy"} < set(figures)


def test_small_classes_count_for_more_where_the_recipe_says_so(tmp_path: Path) -> None:
    assert planned(tmp_path, {}).class_weights is None
    given = planned(tmp_path, {"class_weights": [1.0, 2.0, 4.0]})
    assert given.class_weights == {0: 1.0, 1: 2.0, 2: 4.0}
    # Of 12 samples 3, 3, 2, 2 and 2: a class of 2 counts for 12 / (5 * 2).
    balanced = planned(tmp_path, {"balance_classes": True}, classes=5)
    assert balanced.class_weights == pytest.approx({0: 0.8, 1: 0.8, 2: 1.2, 3: 1.2, 4: 1.2})


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ({"class_weights": [1.0]}, "holds 1 numbers, but there are 3 classes"),
        ({"metrics": ["Guesswork"]}, "names 'Guesswork', which is no metric of Keras"),
        ({"metrics": ["Mean"]}, "names 'Mean', .* compares no answers with classes"),
        ({"metrics": ["F1Score"]}, "names 'F1Score', which is no metric of Keras that gives one"),
    ],
)
def test_what_does_not_fit_is_refused(training: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=said):
        planned(tmp_path, training)


def test_accuracy_is_followed_once_however_it_is_asked_for(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"metrics": ["accuracy", "Accuracy"]})
    images, targets = np.load(tmp_path / "x.npy"), np.eye(3)[np.arange(12) % 3]
    assert set(plan.model.test_on_batch(images, targets, return_dict=True)) == {"loss", "accuracy"}


@pytest.mark.parametrize("steps", [1, 2, 19])
def test_a_training_of_too_few_steps_for_a_warm_up_begins_at_its_rate(steps: int) -> None:
    rate = warmed_up(0.5, steps)
    assert [float(rate(0)), float(rate(steps))] == [0.5, 0.0]


def test_the_rate_climbs_over_a_twentieth_of_the_steps() -> None:
    rates = [float(warmed_up(0.5, 40)(step)) for step in (0, 1, 2, 21, 40)]
    assert rates == pytest.approx([0.0, 0.25, 0.5, 0.25, 0.0])


@pytest.mark.parametrize("name", ["adadelta", "adam", "lion", "muon", "sgd"])
def test_an_optimizer_by_name_takes_the_rate_of_the_recipe(name: str, tmp_path: Path) -> None:
    asked = {"model": "cifar_cnn", "optimizer": name, "learning_rate": 0.5, "epochs": 40}
    optimizer = planned(tmp_path, asked).model.optimizer
    assert type(optimizer).__name__.lower() == name
    assert optimizer.get_config()["learning_rate"]["config"]["warmup_target"] == 0.5
