"""A head on a pretrained backbone: features once per photo, and one whole model at the end."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from menagerie.learning.backbone import Backbone, backbone_layers, model_input
from menagerie.learning.folder import remove_features
from menagerie.learning.transfer import _block
from menagerie.photos.decode import read_tile
from tests.learning.test_models import planned

# Keras asks NumPy in an old way when it writes a file.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def weights_of(model: Any) -> list[Any]:
    return [np.asarray(weight) for weight in model.weights]


def test_the_backbone_looks_at_each_photo_once(tmp_path: Path) -> None:
    first = planned(tmp_path, {"model": "transfer"})
    (kept,) = tmp_path.glob(".features-r1-*.npy")
    written = kept.stat().st_mtime_ns
    again = planned(tmp_path, {"model": "transfer", "seed": 7})
    assert kept.stat().st_mtime_ns == written
    assert first.samples.x_path == again.samples.x_path == kept
    assert np.load(kept).shape == (12, 1280)


def test_what_was_said_of_another_release_is_removed(tmp_path: Path) -> None:
    old, other = tmp_path / ".features-r0-1.npy", tmp_path / ".features-r12-1.npy"
    old.touch()
    other.touch()
    remove_features(tmp_path, "r1")
    assert other.exists()
    planned(tmp_path, {"model": "transfer"})
    assert not old.exists()
    assert not other.exists()
    assert len(list(tmp_path.glob(".features-r1-*"))) == 1
    remove_features(tmp_path, "r1")
    assert not list(tmp_path.glob(".features-*"))


def test_the_published_model_answers_as_the_head_does_on_features(tmp_path: Path) -> None:
    asked = {"model": "transfer", "augmentation": {"preset": "none"}}
    plan = planned(tmp_path, asked)
    plan.model.fit(np.load(plan.samples.x_path), np.eye(3)[plan.samples.y], verbose=0)
    plan.published.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    photos = np.load(tmp_path / "x.npy")
    expected = plan.model.predict_on_batch(np.load(plan.samples.x_path))
    assert np.allclose(again.predict_on_batch(photos), expected, atol=2e-3)


def test_at_256_px_the_backbone_sees_what_curation_shows_it(shared: Path) -> None:
    photo = next((shared / "photos/clean/crow").glob("*.jpg")).read_bytes()
    inputs = keras.layers.Input((256, 256, 3))
    cut = keras.Model(inputs, keras.layers.CenterCrop(224, 224)(inputs))
    tile = read_tile(photo, 256, "crop")
    assert np.array_equal(cut.predict_on_batch(tile[None])[0], model_input(photo))


def test_fine_tuning_trains_the_last_blocks_and_no_other(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"model": "transfer", "fine_tune_blocks": 2, "batch_size": 6})
    (backbone,) = (
        layer for layer in plan.model._flatten_layers() if layer.name == "efficientnet-lite0"
    )
    names = [layer.name for layer in backbone.layers if layer.trainable_weights]
    assert names == ["block15.expand", "block15.depthwise", "block15.project", "head"]
    before = weights_of(backbone)
    # The rate climbs from 0: the first step moves nothing.
    x, y = np.load(tmp_path / "x.npy"), np.eye(3)[plan.samples.y]
    plan.model.fit(x, y, epochs=2, verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, weights_of(backbone), strict=True)]
    assert sum(moved) == 2 * 4
    assert not any(moved[:-8])


@pytest.mark.parametrize("name", ["MobileNetV2", "VGG16", "EfficientNetV2B0"])
def test_a_network_of_keras_gets_the_colours_that_it_wants(name: str) -> None:
    images = np.random.default_rng(5).integers(0, 256, (2, 224, 224, 3)).astype(np.uint8)
    keras.utils.set_random_seed(5)
    expected = Backbone(name, weights=None).embed(images)
    keras.utils.set_random_seed(5)
    inputs = keras.layers.Input((224, 224, 3))
    model, prepared = backbone_layers(name, inputs, weights=None)
    found = keras.Model(inputs, model(prepared, training=False)).predict_on_batch(images)
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_layers_are_told_apart_by_their_blocks() -> None:
    names = ["block3.expand", "block5_conv2", "conv5_block3_1_conv", "block_16_expand", "head"]
    assert [_block(name) for name in names] == [
        "block3", "block5", "conv5_block3", "block_16", "head",
    ]  # fmt: skip
