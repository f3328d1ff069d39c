"""Exported models, each opened as those who take it would."""

import importlib.util
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from menagerie.errors import BusyError, CallError, MissingModelError, OutputError, TrainingError
from menagerie.learning import exporter
from menagerie.learning.backend import import_keras
from menagerie.learning.exporter import bare, export
from menagerie.learning.exporting import export_model, find_model
from menagerie.learning.fit import promote
from menagerie.learning.folder import champion, read_card, sha256
from menagerie.learning.formats import FORMATS
from menagerie.learning.placing import placing, refuse_ours
from tests.learning.builders import SIZE_PX, colour_model, tiles

# Keras reads its variables in a way that numpy 2 remarks on.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

# What exports keep beside what they wrote.
KEPT = {".exported.json", ".exported.lock"}


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
    assert {p.name for p in done.path.parent.iterdir()} == {*KEPT, done.path.name}


def test_an_export_takes_the_place_of_the_one_before(released: Path, tmp_path: Path) -> None:
    for _ in range(2):
        export_model(released, "savedmodel", tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {*KEPT, "saved_model"}


@pytest.mark.parametrize(
    "out", ["models/{}", "champion", "champion/logs", "models", "models/x", "releases/r1"]
)
def test_what_a_dataset_lives_on_is_never_exported_into(released: Path, out: str) -> None:
    model = champion(released)
    with pytest.raises(OutputError, match="'animals' keeps its"):
        export_model(released, "keras", released / out.format(model.name))
    assert read_card(model).sha256 == sha256(model / "model.keras")
    assert not (released / "models/x").exists()
    refuse_ours(released / "champion/exported/phones", released)


def test_what_no_export_wrote_is_never_replaced(released: Path, tmp_path: Path) -> None:
    (tmp_path / "model.h5/x").mkdir(parents=True)
    (tmp_path / "model.h5/x/precious").write_text("keep")
    with pytest.raises(OutputError, match=r"model\.h5 is in the way"):
        export_model(released, "h5", tmp_path)
    assert (tmp_path / "model.h5/x/precious").read_text() == "keep"


def test_what_was_put_into_an_export_is_not_lost(tmp_path: Path) -> None:
    final = tmp_path / "saved_model"
    for _ in range(2):
        with placing(final) as folder:
            (folder / "assets").mkdir(parents=True)
    (final / "assets/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="changed since"), placing(final) as folder:
        folder.mkdir()
    assert (final / "assets/notes.txt").read_text() == "mine"
    assert {p.name for p in tmp_path.iterdir()} == {*KEPT, "saved_model"}


def test_what_a_killed_export_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / ".unfinished-saved_model/saved_model"
    left.mkdir(parents=True)
    with placing(tmp_path / "saved_model") as folder:
        assert not left.exists()
        with pytest.raises(BusyError, match="is busy"), placing(tmp_path / "saved_model"):
            pass
        folder.mkdir()
    assert {p.name for p in tmp_path.iterdir()} == {*KEPT, "saved_model"}


def test_exports_to_one_folder_at_once_are_all_noted(tmp_path: Path) -> None:
    def place(number: int) -> bool:
        try:
            with placing(tmp_path / f"model-{number % 4}") as file:
                file.write_text(str(number))
        except BusyError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert any(list(threads.map(place, range(400))))
    for number in range(4):
        assert place(number)
    assert {p.name for p in tmp_path.iterdir()} == {*KEPT, *(f"model-{n}" for n in range(4))}


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


def test_a_model_whose_release_is_gone_is_tried_on_noise(released: Path) -> None:
    shutil.rmtree(released / "releases")
    done = export_model(released, "keras")
    assert (done.samples, done.path.is_file()) == (0, True)
    assert done.largest_difference < 1e-5


def of(dataset: Path, outputs: Callable[[Any], Any]) -> Path:
    """Write a model that does something with images before it goes by their mean colour."""
    folder = colour_model(dataset, "odd", "r1")
    layers, inputs = import_keras().layers, import_keras().Input((SIZE_PX, SIZE_PX, 3))
    x = layers.GlobalAveragePooling2D()(outputs(inputs))
    import_keras().Model(inputs, layers.Softmax()(x)).save(folder / "model.keras")
    replace(read_card(folder), sha256=sha256(folder / "model.keras")).write(folder)
    return folder


def test_onnx_holds_what_images_are_normalized_by(released: Path, tmp_path: Path) -> None:
    if not all(importlib.util.find_spec(module) for module, _ in FORMATS["onnx"].packages):
        pytest.skip("needs the packages of the extra onnx")
    layers = import_keras().layers
    model = of(released, layers.Normalization(mean=[90.0, 80, 70], variance=[9.0, 400, 1]))
    samples, difference = export(model, released / "releases/r1", "onnx", tmp_path / "model.onnx")
    assert (samples, difference < 1e-3) == (30, True)


def test_what_a_format_cannot_hold_is_told_with_the_cure(released: Path, tmp_path: Path) -> None:
    ops = import_keras().ops
    model = of(released, lambda x: x - ops.mean(x, axis=(1, 2, 3), keepdims=True))
    with pytest.raises(TrainingError, match=r"as h5: .*'Mean'.*\. Choose another format\.$") as no:
        export(model, None, "h5", tmp_path / "model.h5")
    assert "unfinished" not in str(no.value)
    assert not list(tmp_path.glob("*model*"))
    assert export(model, None, "keras", tmp_path / "model.keras")[1] < 1e-5


def test_a_full_disk_is_no_fault_of_the_format(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_model: Any, _path: Path) -> None:
        Path("/dev/full").write_text("a model")

    monkeypatch.setitem(exporter.WAYS, "keras", (write, exporter.WAYS["keras"][1]))
    with pytest.raises(TrainingError, match=r"disk of .* is full.* Free some space there"):
        export(champion(released), None, "keras", tmp_path / "model.keras")


def test_an_export_that_answers_otherwise_is_not_kept(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(model: Any, final: Path) -> None:
        model.set_weights([-weight for weight in model.get_weights()])
        model.save(final)

    monkeypatch.setitem(exporter.WAYS, "keras", (write, exporter.WAYS["keras"][1]))
    with pytest.raises(TrainingError, match=r"answers otherwise .* by up to [01].* on 50 photos"):
        export(champion(released), None, "keras", tmp_path / "model.keras")
    assert {p.name for p in tmp_path.iterdir()} == {".exported.lock", released.name}


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
