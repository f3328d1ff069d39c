"""Model files that mean harm, come from elsewhere or are broken, and what is said of each."""

import shutil
import zipfile
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import pytest

from menagerie.errors import TrainingError
from menagerie.learning.backend import import_keras
from menagerie.learning.folder import read_card, sha256
from menagerie.learning.loading import load_model
from menagerie.learning.predict import Predictor
from tests.learning.builders import SIZE_PX

# Keras reads its variables in a way that numpy 2 remarks on.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def save(folder: Path, name: str, *extra: object, size_px: int = SIZE_PX) -> Path:
    """Save a small network with some layers of one's own before its last."""
    keras = import_keras()
    flat = keras.layers.Flatten()
    last = keras.layers.Dense(3, activation="softmax")
    network = [keras.layers.Input((size_px, size_px, 3)), *extra, flat, last]
    keras.Sequential(network).save(folder / name)
    return folder / name


def repacked(path: Path, **parts: bytes) -> Path:
    """Replace parts of a `.keras` file: `config` or `weights`."""
    names = {"config": "config.json", "weights": "model.weights.h5"}
    with zipfile.ZipFile(path) as packed:
        content = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in {**content, **{names[k]: v for k, v in parts.items()}}.items():
            packed.writestr(name, data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(TrainingError) as refusal:
        load_model(path)
    sentence = str(refusal.value)
    assert sentence.startswith(f"{path} ")
    assert sentence.endswith(". Run `menagerie train`, which trains it anew.")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_sound_file_is_loaded(tmp_path: Path, name: str) -> None:
    assert load_model(save(tmp_path, name)).output_shape == (None, 3)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_lambda_layer_is_never_run(tmp_path: Path, name: str) -> None:
    layer = import_keras().layers.Lambda(lambda x: x * 2)
    assert "Lambda layer" in refused(save(tmp_path, name, layer))


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_layer_of_somebody_elses_is_named(tmp_path: Path, name: str) -> None:
    keras = import_keras()

    class Odd(keras.layers.Layer):  # type: ignore[misc, name-defined]  # Keras has no types
        def call(self, x: object) -> object:
            return x

    assert "Odd" in refused(save(tmp_path, name, Odd()))


def test_a_network_that_was_never_built_is_refused(tmp_path: Path) -> None:
    layers = import_keras().layers
    with pytest.warns(UserWarning, match="not yet been built"):
        import_keras().Sequential([layers.Dense(3)]).save(tmp_path / "model.keras")
    assert "never built" in refused(tmp_path / "model.keras")


def test_a_file_that_names_a_function_of_the_system_does_not_run_it(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    config = (
        '{"module": "os", "class_name": "system", "registered_name": null,'
        f' "config": {{"command": "touch {trace}"}}}}'
    )
    refused(repacked(save(tmp_path, "model.keras"), config=config.encode()))
    assert not trace.exists()


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize("kept", [0, 4, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    path = save(tmp_path, name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else int(kept)])
    refused(path)


def test_a_file_of_another_tool_is_refused(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 20
    for name in ("noise.keras", "noise.h5"):
        (tmp_path / name).write_bytes(noise)
        assert refused(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "zip.keras", "w") as packed:
        packed.writestr("readme.txt", "a zip file of something else")
    assert "lacks config.json" in refused(tmp_path / "zip.keras")
    with h5py.File(tmp_path / "table.h5", "w") as table:
        table["x"] = [1, 2]
    assert "no Keras model" in refused(tmp_path / "table.h5")


def test_parts_that_are_broken_are_refused(tmp_path: Path) -> None:
    for part in (b"{", b"[]", b"{}", b"null"):
        refused(repacked(save(tmp_path, "model.keras"), config=part))
    refused(repacked(save(tmp_path, "model.keras"), weights=b"no weights"))


def test_a_model_that_does_not_fit_its_card_is_refused(trained: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "model")
    save(folder, "model.keras", size_px=SIZE_PX + 1)
    card = folder / "model.json"
    digest = sha256(folder / "model.keras")
    card.write_text(card.read_text().replace(read_card(folder).sha256, digest))
    with pytest.raises(TrainingError, match=r"do not belong together.*17, 17, 3"):
        Predictor(folder)
