"""Exported models, each opened as those who take it would."""

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from menagerie.errors import CallError, MissingModelError, MissingReleaseError, TrainingError
from menagerie.learning.backend import import_keras
from menagerie.learning.exporter import bare
from menagerie.learning.exporting import export_model, find_model
from menagerie.learning.fit import promote
from menagerie.learning.folder import champion, read_card, sha256
from menagerie.learning.formats import FORMATS
from tests.learning.builders import SIZE_PX, tiles

# Keras reads its variables in a way that numpy 2 remarks on.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def released(dataset: Path, colours: Path) -> Path:
    """A dataset with a champion and the release it was trained on."""
    shutil.copytree(colours, dataset / "releases" / colours.name)
    (model,) = (dataset / "models").iterdir()
    promote(dataset, model.name)
    return dataset


@pytest.mark.parametrize("name", FORMATS)
def test_an_exported_model_answers_as_the_model_itself(released: Path, name: str) -> None:
    if not all(importlib.util.find_spec(module) for module, _ in FORMATS[name].packages):
        pytest.skip(f"needs the packages of the extra {name}")
    done = export_model(released, name)
    assert done.path == champion(released) / "exported" / FORMATS[name].file
    assert done.path.exists()
    assert (done.samples, done.largest_difference < 1e-5) == (30, True)
    assert [p.name for p in done.path.parent.iterdir()] == [done.path.name]


def test_an_export_takes_the_place_of_the_one_before(released: Path, tmp_path: Path) -> None:
    for _ in range(2):
        export_model(released, "savedmodel", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["saved_model"]


def test_a_format_whose_packages_are_missing_says_which(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needy = replace(FORMATS["onnx"], packages=(("no_such_module", "no-such-package"),))
    monkeypatch.setitem(FORMATS, "onnx", needy)
    with pytest.raises(CallError, match="pip install no-such-package`"):
        export_model(released, "onnx")


def test_a_model_is_found_by_the_beginning_of_its_id(released: Path) -> None:
    model = champion(released)
    assert find_model(released, model.name[:4]).samefile(model)
    with pytest.raises(MissingModelError, match=model.name):
        find_model(released, "nosuchmodel")


def test_a_model_whose_release_is_gone_is_not_exported(released: Path) -> None:
    shutil.rmtree(released / "releases")
    with pytest.raises(MissingReleaseError):
        export_model(released, "keras")
    assert not list((champion(released) / "exported").glob("*"))


def test_an_export_that_answers_otherwise_is_not_kept(released: Path) -> None:
    layers, folder = import_keras().layers, champion(released)
    # Of numbers that are none no file can be said to answer alike.
    last = layers.Dense(3, kernel_initializer=import_keras().initializers.Constant(float("nan")))
    start = [layers.Input((SIZE_PX, SIZE_PX, 3)), layers.Flatten()]
    import_keras().Sequential([*start, last]).save(folder / "model.keras")
    card, digest = folder / "model.json", sha256(folder / "model.keras")
    card.write_text(card.read_text().replace(read_card(folder).sha256, digest))
    with pytest.raises(TrainingError, match=r"answers otherwise .* by up to nan on 30 photos"):
        export_model(released, "keras")
    assert not list((folder / "exported").iterdir())


def networks() -> list[Any]:
    # By chance a random network gives one class everything, or flips no image.
    import_keras().utils.set_random_seed(29)
    layers, sequential = import_keras().layers, import_keras().Sequential
    start = layers.Input((SIZE_PX, SIZE_PX, 3))
    changes = [layers.RandomFlip(), layers.RandomRotation(0.2), layers.RandomZoom(0.3)]
    end = [layers.BatchNormalization(), layers.Flatten(), layers.Dense(3)]
    smaller = [layers.Resizing(8, 8), layers.Flatten(), layers.Dense(3)]
    inner = sequential([start, layers.RandomFlip(), *smaller])
    twice = layers.Average()([inner(start), inner(start)])
    return [
        sequential([start, *changes, *end]),
        sequential([start, sequential(changes), *end]),
        import_keras().Model(start, twice),
    ]


@pytest.mark.parametrize("number", [0, 1, 2], ids=["plain", "nested", "asked twice"])
def test_a_bare_network_does_not_augment_however_it_is_called(number: int) -> None:
    model, images = networks()[number], tiles(4)[0].astype(np.float32)
    answers = model.predict_on_batch(images)
    # The reason for it all: whoever calls a Keras model plainly trains it.
    assert not np.allclose(model(images), answers, atol=1)
    model = networks()[number]
    assert np.allclose(bare(model)(images), model.predict_on_batch(images), atol=1e-3)
