"""A network of one's own takes the place of ours, or is refused with a sentence."""

from pathlib import Path

import pytest

from menagerie.errors import RecipeError, TrainingError
from menagerie.learning.backend import import_keras
from menagerie.learning.fit import model_id, train
from menagerie.progress import unwatched
from menagerie.recipe import Training
from tests.learning.builders import release
from tests.learning.test_models import planned

HERE = "tests.learning.networks"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("of_other_shape", r"\(None, 4\), and not \(None, 16, 16, 3\) and \(None, 3\)"),
        ("without_softmax", "whose answers are no probabilities"),
        ("no_model", "which makes a str. Return a keras.Model"),
        ("failing", r"fails when it is called with \(\(16, 16, 3\), 3\): ValueError: no layers"),
        ("with_own_layer", r"holds the layer 'own\w*', a tests.learning.networks.Own"),
        ("with_lambda", "holds the layer 'lambda"),
        ("subclassed", r"holds the layer 'subclass\w*', a tests.learning.networks.Subclass"),
        ("leaving", r"fails when it is called with .*: SystemExit: 0"),
        ("missing", "has no attribute 'missing'"),
    ],
)
def test_a_network_that_could_not_be_published_is_refused(
    name: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=said):
        planned(tmp_path, {"build_model": f"{HERE}.{name}"})


def test_a_network_that_was_not_built_is_built(tmp_path: Path) -> None:
    published = planned(tmp_path, {"build_model": f"{HERE}.not_built"}).published
    assert published.count_params() == 16 * 16 * 3 * 3 + 3


def test_code_that_ends_the_child_without_a_word_is_named(tmp_path: Path) -> None:
    asked = Training(build_model=f"{HERE}.vanishing")
    with pytest.raises(TrainingError, match=r"said nothing.* training.build_model = '.*vanishing'"):
        train(release(tmp_path), tmp_path, asked, unwatched)


def test_a_network_of_ones_own_is_trained_and_published(tmp_path: Path) -> None:
    asked = Training(build_model=f"{HERE}.build_model", epochs=1, batch_size=8)
    folder = train(release(tmp_path), tmp_path, asked, unwatched)
    model = import_keras().saving.load_model(folder / "model.keras", safe_mode=True)
    # A weight for each colour and class, and a bias for each class.
    assert model.count_params() == 3 * 3 + 3


def test_a_module_that_is_not_there_is_refused_before_any_training(tmp_path: Path) -> None:
    asked = Training(build_model="no.such.module")
    with pytest.raises(RecipeError, match=r"names 'no\.such\.module', and there is no module no"):
        train(release(tmp_path), tmp_path, asked, unwatched)
    assert not (tmp_path / "models").exists()


def test_a_name_that_is_not_there_ends_the_child_with_a_sentence(tmp_path: Path) -> None:
    asked = Training(build_model=f"{HERE}.missing")
    with pytest.raises(RecipeError, match=r"^training\.build_model names .*missing.* imported"):
        train(release(tmp_path), tmp_path, asked, unwatched)
    assert "AttributeError: module" in (tmp_path / "models/train.log").read_text()


def test_edited_code_trains_another_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    asked, module = Training(build_model="edited.build_model"), tmp_path / "edited.py"
    module.write_text("def build_model(): pass")
    before = model_id("r1", asked)
    module.write_text("def build_model(): return 1")
    assert model_id("r1", asked) != before
