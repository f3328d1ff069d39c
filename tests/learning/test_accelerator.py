"""What a graphics processor would change, as far as a machine without one can tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from menagerie.learning.accelerator import (
    MIXED,
    has_gpu,
    jit_compile,
    keep_single_precision,
    use_mixed_precision,
)
from menagerie.learning.backend import import_keras
from tests.learning.builders import SIZE_PX, tiles
from tests.learning.test_models import planned


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[Any]:
    """A network as it is trained on a graphics processor."""
    keras = import_keras()
    keras.config.set_dtype_policy(MIXED)
    try:
        plan = planned(tmp_path, {"model": "mnist_cnn"}, SIZE_PX)
        plan.published.compile(loss="categorical_crossentropy")
        yield plan.published
    finally:
        keras.config.set_dtype_policy("float32")


def test_probabilities_are_computed_in_single_precision(mixed: Any) -> None:
    *layers, last = mixed.layers
    assert {layer.compute_dtype for layer in layers} == {"float16"}
    assert last.compute_dtype == "float32"
    images, numbers = tiles(30)
    loss = mixed.fit(images, np.eye(3)[numbers], epochs=1, verbose=0).history["loss"]
    assert np.isfinite(loss).all()


def test_a_model_of_mixed_precision_is_published_in_single(mixed: Any) -> None:
    keras = import_keras()
    images = tiles(6)[0]
    before = mixed.predict_on_batch(images)
    keep_single_precision(mixed)
    copy = type(mixed).from_config(mixed.get_config())
    assert {layer.compute_dtype for layer in copy.layers[1:]} == {"float32"}
    copy.set_weights(mixed.get_weights())
    assert np.allclose(copy.predict_on_batch(images), before, atol=0.01)
    assert keras.config.dtype_policy().name == MIXED


@pytest.mark.skipif(has_gpu(), reason="asks what happens without a graphics processor")
def test_without_a_graphics_processor_nothing_changes() -> None:
    use_mixed_precision()
    assert import_keras().config.dtype_policy().name == "float32"
    assert jit_compile() is False
