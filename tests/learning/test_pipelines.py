"""`load_data(as_dataset=True)`: pipelines that give the samples of a release, batch by batch."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from menagerie import load_data
from menagerie.errors import MissingReleaseError
from tests.learning.builders import release

READ = """
import sys, numpy as np, menagerie
from pathlib import Path
from menagerie.learning.pipelines import py_dataset
from menagerie.learning.samples import open_release
train, test = menagerie.load_data("colours", "r1", as_dataset=True, batch_size=8)
import keras
assert (keras.backend.backend(), len(train), len(test)) == ("tensorflow", 8, 4)
if sys.argv[2] == "py_dataset":
    # The other backends are not installed; Keras on TensorFlow takes their pipelines as well.
    release = open_release(Path(sys.argv[3]))
    train, test = (py_dataset(release.samples(split), 8) for split in ("train", "test"))
found = {}
for split, data in (("train", train), ("test", test)):
    batches = [data[n] for n in range(len(data))] if sys.argv[2] == "py_dataset" else data
    batches = [(np.asarray(x), np.asarray(y)) for x, y in batches]
    assert [len(x) for x, _ in batches[:-1]] == [8] * (len(data) - 1)
    found[f"x_{split}"], found[f"y_{split}"] = map(np.concatenate, zip(*batches))
model = keras.Sequential([keras.layers.Input((16, 16, 3)), keras.layers.Flatten(),
                          keras.layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
model.fit(train, validation_data=test, verbose=0, epochs=2)
np.savez(sys.argv[1], **found)
"""


@pytest.mark.parametrize("kind", ["tf_dataset", "py_dataset"])
def test_a_pipeline_gives_every_sample_in_order(tmp_path: Path, kind: str) -> None:
    folder = release(tmp_path / "colours/releases")
    subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "found.npz"), kind, str(folder)],
        env={**os.environ, "MENAGERIE_DATASETS": str(tmp_path)},
        check=True,
    )
    found = dict(np.load(tmp_path / "found.npz"))
    for split in ("train", "test"):
        x, y = (np.load(folder / f"{name}_{split}.npy") for name in "xy")
        assert (found[f"x_{split}"].dtype, found[f"y_{split}"].dtype) == (np.uint8, np.int64)
        assert np.array_equal(found[f"x_{split}"], x)
        assert np.array_equal(found[f"y_{split}"], y)


def test_a_pipeline_of_no_release_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENAGERIE_DATASETS", str(tmp_path))
    with pytest.raises(MissingReleaseError):
        load_data("colours", "r1", as_dataset=True)
