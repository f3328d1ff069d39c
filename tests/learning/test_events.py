from pathlib import Path

from menagerie.learning.backend import import_keras
from menagerie.learning.events import write_epoch

FIGURES = {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.625}


def read(folder: Path) -> list[tuple[float, int, dict[str, float]]]:
    """What TensorFlow's own reader finds: when, at which step, which scalars."""
    import_keras()
    import tensorflow as tf

    (path,) = folder.iterdir()
    events = list(tf.compat.v1.train.summary_iterator(str(path)))
    assert events[0].file_version == "brain.Event:2"
    return [
        (event.wall_time, event.step, {v.tag: v.simple_value for v in event.summary.value})
        for event in events[1:]
    ]


def test_tensorflow_reads_what_was_logged(tmp_path: Path) -> None:
    write_epoch(tmp_path, 1, FIGURES, 1_700_000_000.5)
    write_epoch(tmp_path, 300, {"loss": 0.25}, 1_700_000_009.0)
    assert read(tmp_path / "train") == [
        (1_700_000_000.5, 0, {"epoch_loss": 0.5, "epoch_accuracy": 0.75}),
        (1_700_000_009.0, 299, {"epoch_loss": 0.25}),
    ]


def test_validation_has_a_run_of_its_own_under_the_same_names(tmp_path: Path) -> None:
    write_epoch(tmp_path, 1, FIGURES, 2.0)
    assert read(tmp_path / "validation") == [(2.0, 0, {"epoch_loss": 0.625})]


def test_without_validation_there_is_no_such_run(tmp_path: Path) -> None:
    write_epoch(tmp_path, 1, {"loss": 0.5}, 2.0)
    assert [p.name for p in tmp_path.iterdir()] == ["train"]
