"""Each format is read by the program it is made for: the same samples, labels, splits, pixels."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.export.builders import LABELS, numbers, pixels

SPLITS = ("train", "test")


def photos(release: Path, split: str) -> list[dict[str, Any]]:
    """The rows of the manifest of a split."""
    rows = pq.read_table(release / "manifest.parquet").to_pylist()
    return [row for row in rows if row["split"] == split]


def read_in_child(code: str, folder: Path, result: Path, **env: str) -> dict[str, Any]:
    """Run a reader in a process of its own: each warns of itself, and brings much with it."""
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(folder), str(result)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONHASHSEED": "0", **env},
        cwd=result.parent,
        check=True,
    )
    return dict(np.load(result))


KERAS = """
import sys, keras, numpy as np
found = {}
for split in ("train", "test"):
    data = keras.utils.image_dataset_from_directory(
        f"{sys.argv[1]}/{split}", class_names=["monkey", "boar", "crow"], image_size=(16, 16),
        shuffle=False, verbose=False)
    batches = list(data.as_numpy_iterator())
    found[f"x_{split}"], found[f"y_{split}"] = map(np.concatenate, zip(*batches))
    found[f"files_{split}"] = data.file_paths
np.savez(sys.argv[2], **found)
"""


def test_keras_reads_the_folders(exports: Path, release: Path, tmp_path: Path) -> None:
    found = read_in_child(KERAS, exports / "folder", tmp_path / "found.npz")
    with (exports / "folder/samples.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    for split in SPLITS:
        files = [Path(path).relative_to(exports / "folder") for path in found[f"files_{split}"]]
        named = [row["file"] for row in rows if row["split"] == split]
        order = [named.index(path.as_posix()) for path in files]
        assert sorted(order) == list(range(len(numbers(release, split))))
        assert found[f"y_{split}"].tolist() == [numbers(release, split)[row] for row in order]
        apart = np.abs(found[f"x_{split}"] - pixels(release, split)[order].astype(float))
        # Samples that do not belong together are some 70 apart.
        assert apart.mean() < 5


TFRECORD = """
import sys, glob, numpy as np, tensorflow as tf
texts = ("image/format", "image/class/text", "photo/id", "photo/title", "photo/license_name")
features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("image/encoded", *texts)}
features |= {f"image/{name}": tf.io.FixedLenFeature([], tf.int64)
             for name in ("class/label", "height", "width")}
found = {}
for split in ("train", "test"):
    files = sorted(glob.glob(f"{sys.argv[1]}/{split}-*.tfrecord"))
    rows = [tf.io.parse_single_example(r, features) for r in tf.data.TFRecordDataset(files)]
    found[f"x_{split}"] = np.stack([tf.io.decode_png(row["image/encoded"]) for row in rows])
    for name in ("class/label", "height", "width"):
        found[f"{name[-5:]}_{split}"] = np.array([int(row[f"image/{name}"]) for row in rows])
    for name in texts:
        key = f"{name.replace('/', '_')}_{split}"
        found[key] = np.array([row[name].numpy().decode() for row in rows])
np.savez(sys.argv[2], **found)
"""


def test_tensorflow_reads_the_records(exports: Path, release: Path, tmp_path: Path) -> None:
    found = read_in_child(TFRECORD, exports / "tfrecord", tmp_path / "found.npz")
    for split in SPLITS:
        assert np.array_equal(found[f"x_{split}"], pixels(release, split))
        assert found[f"label_{split}"].tolist() == numbers(release, split)
        assert {*found[f"eight_{split}"], *found[f"width_{split}"]} == {16}
        assert set(found[f"image_format_{split}"]) == {"png"}
        for told, row in zip(found[f"photo_id_{split}"], photos(release, split), strict=True):
            assert told == row["photo_id"]
        titles = [row["title"] for row in photos(release, split)]
        assert found[f"photo_title_{split}"].tolist() == titles
        assert "CC BY 2.0" in found[f"photo_license_name_{split}"]


WEBDATASET = """
import sys, glob, webdataset, numpy as np
found = {}
for split in ("train", "test"):
    shards = sorted(glob.glob(f"{sys.argv[1]}/{split}-*.tar"))
    read = webdataset.WebDataset(shards, shardshuffle=False)
    rows = list(read.decode("rgb8").to_tuple("png", "cls", "json"))
    found[f"x_{split}"] = np.stack([image for image, _, _ in rows])
    found[f"y_{split}"] = np.array([number for _, number, _ in rows])
    for name in rows[0][2]:
        found[f"{name}_{split}"] = np.array([facts[name] for _, _, facts in rows])
np.savez(sys.argv[2], **found)
"""


def test_webdataset_reads_the_shards(exports: Path, release: Path, tmp_path: Path) -> None:
    pytest.importorskip("webdataset", reason="needs the webdataset package")
    found = read_in_child(WEBDATASET, exports / "webdataset", tmp_path / "found.npz")
    for split in SPLITS:
        assert np.array_equal(found[f"x_{split}"], pixels(release, split))
        assert found[f"y_{split}"].tolist() == numbers(release, split)
        rows = photos(release, split)
        for name in ("label", "photo_id", "title", "owner_name", "license", "sha256"):
            assert found[f"{name}_{split}"].tolist() == [row[name] for row in rows]


HUGGING_FACE = """
import sys, datasets, numpy as np
found = {}
for split, data in datasets.load_dataset(sys.argv[1]).items():
    found[f"x_{split}"] = np.stack([np.asarray(image) for image in data["image"]])
    found[f"names_{split}"] = data.features["label"].names
    for name in ("label", "photo_id", "title", "owner", "license", "page_url"):
        found[f"{name}_{split}"] = np.array(data[name])
np.savez(sys.argv[2], **found)
"""


def test_hugging_face_reads_the_pictures(exports: Path, release: Path, tmp_path: Path) -> None:
    pytest.importorskip("datasets.builder", reason="needs the datasets package")
    found = read_in_child(
        HUGGING_FACE,
        exports / "huggingface",
        tmp_path / "found.npz",
        HF_HOME=str(tmp_path / "cache"),
        HF_HUB_OFFLINE="1",
    )
    for split in SPLITS:
        assert np.array_equal(found[f"x_{split}"], pixels(release, split))
        assert tuple(found[f"names_{split}"]) == LABELS
        assert found[f"label_{split}"].tolist() == numbers(release, split)
        rows = photos(release, split)
        for name in ("photo_id", "title", "owner", "license", "page_url"):
            assert found[f"{name}_{split}"].tolist() == [row[name] for row in rows]


@pytest.mark.parametrize("name", ["folder", "tfrecord", "webdataset", "huggingface"])
def test_credits_and_a_card_stand_beside_the_samples(
    exports: Path, release: Path, name: str
) -> None:
    folder = exports / name
    assert (folder / "CREDITS.csv").read_bytes() == (release / "CREDITS.csv").read_bytes()
    assert json.loads((folder / "classes.json").read_text()) == list(LABELS)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "x_train.npy" not in card
    assert "CREDITS.csv`: creator" in card
    assert "## Licences" in card
    assert not (folder / ".unfinished").exists()
