"""Callbacks of the user's own: what they tell is kept, and what they do wrong is theirs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from menagerie.errors import TrainingError
from menagerie.learning.backend import import_keras
from menagerie.learning.checkpoint import checkpoint_path
from menagerie.recipe import Training

HERE = "tests.learning.callbacks"

# Of Keras against NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")

Fit = Callable[..., Path]


@pytest.fixture
def fitted(colours: Path, tmp_path: Path) -> Fit:
    """Train a tiny network in this process, with some callbacks, and return its folder."""
    import_keras()
    from menagerie.learning.fitting import fit

    def run(*callbacks: str, epochs: int = 3) -> Path:
        network = "tests.learning.networks.build_model"
        named = tuple(f"{HERE}.{name}" for name in callbacks)
        asked = Training(build_model=network, callbacks=named, epochs=epochs)
        fit(colours, tmp_path, "0123456789ab", asked, lambda _message: None)
        return tmp_path / "0123456789ab"

    return run


def test_a_figure_that_is_told_in_some_epochs_is_blank_in_the_others(fitted: Fit) -> None:
    lines = (fitted("Tells", "Clears") / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,accuracy,extra"
    assert [line.split(",")[3] for line in lines[1:]] == ["", "1.0", ""]
    assert all(line.split(",")[1] for line in lines)


def test_a_training_with_such_a_figure_goes_on_after_it_was_cut_off(
    fitted: Fit, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError):
        fitted("Tells", "SpoilsAtTheEnd")
    assert checkpoint_path(tmp_path, "0123456789ab").is_file()
    lines = (fitted() / "history.csv").read_text().splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == ["", "1.0", ""]


def test_weights_that_are_spoilt_when_the_training_ends_are_not_published(
    fitted: Fit, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=f"no numbers .* training.callbacks = '{HERE}.Spoils"):
        fitted("SpoilsAtTheEnd", epochs=1)
    assert not (tmp_path / "0123456789ab").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TellsWords", "fails in on_epoch_end: ValueError: could not convert string to float"),
        ("MayNotWrite", r"fails in on_train_batch_end: PermissionError: \[Errno 13\] Permission"),
        ("Leaves", "fails in on_train_begin: SystemExit: 0"),
    ],
)
def test_a_callback_that_fails_is_named(fitted: Fit, name: str, said: str) -> None:
    with pytest.raises(TrainingError, match=f"names '{HERE}.{name}', which {said}"):
        fitted(name, epochs=1)
