"""MNIST's files: each image is a photo, whole or by number, plain or compressed."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from menagerie.errors import EmptySearchError, InputError
from menagerie.recipe import Recipe, parse_recipe
from menagerie.sources.idx_files import idx_files, read_set
from menagerie.workshop import open_workshop
from tests.sources.builders import collect, rows

pytestmark = pytest.mark.usefixtures("home")

DIGITS = """
[dataset]
name = "digits"
[[classes]]
label = "zero"
keywords = ["0"]
[[classes]]
label = "seven"
keywords = ["7"]
[source]
kind = "idx"
path = "{path}"
uses = []
"""


def digits(path: Path) -> Recipe:
    return parse_recipe(DIGITS.format(path=path), "a test")


def write_idx(path: Path, array: np.ndarray, *, packed: bool = False) -> None:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    data = head + array.astype(np.uint8).tobytes()
    if packed:
        path = path.with_name(f"{path.name}.gz")
        data = gzip.compress(data)
    path.write_bytes(data)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "idx"
    folder.mkdir()
    noise = np.random.default_rng(1)
    for name, count in (("train", 30), ("t10k", 10)):
        images = noise.integers(0, 256, (count, 28, 28))
        write_idx(folder / f"{name}-images-idx3-ubyte", images, packed=name == "train")
        write_idx(folder / f"{name}-labels-idx1-ubyte", np.arange(count) % 10)
    return folder


def test_each_image_of_a_class_is_a_photo_on_its_side(files: Path) -> None:
    assert collect(digits(files)) == 8
    found = rows("SELECT label, given_side, count(*) FROM sightings GROUP BY 1, 2 ORDER BY 1, 2")
    assert found == [("seven", "test", 1), ("seven", "train", 3), ("zero", "test", 1),
                     ("zero", "train", 3)]  # fmt: skip


def test_an_image_is_stored_as_it_is(files: Path) -> None:
    collect(digits(files))
    ((sha256,),) = rows(
        "SELECT sha256 FROM files JOIN photos ON key = photo_key WHERE photo_id = 'train-000007'"
    )
    with open_workshop() as shop:
        stored = np.asarray(Image.open(io.BytesIO(shop.store.read(sha256))))
    assert (stored == read_set(idx_files(files), "train").images[7]).all()


def test_a_second_run_reads_and_copies_nothing(files: Path) -> None:
    collect(digits(files))
    assert collect(digits(files)) == 0
    with open_workshop() as shop:
        of = digits(files)
        assert list(shop.source(of).crawl(of, "7")) == []


def test_a_number_that_is_no_class_is_refused(files: Path) -> None:
    other = DIGITS.format(path=files).replace('["7"]', '["eleven"]')
    with pytest.raises(EmptySearchError, match=r"'eleven'.*0, 1, 2"):
        collect(parse_recipe(other, "a test"))


def test_absent_files_are_named(files: Path) -> None:
    (files / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(InputError, match="lacks t10k-labels-idx1-ubyte"):
        collect(digits(files))


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x08\x03", b"PNG" * 20, b"\x00\x00\x08\x03" * 9])
def test_a_file_that_is_none_is_refused(files: Path, data: bytes) -> None:
    (files / "t10k-images-idx3-ubyte").write_bytes(data)
    with pytest.raises(InputError, match="is no idx file of images"):
        collect(digits(files))


def test_a_file_that_was_cut_off_is_refused(files: Path) -> None:
    packed = files / "train-images-idx3-ubyte.gz"
    packed.write_bytes(packed.read_bytes()[:5000])
    with pytest.raises(InputError, match="is no idx file of images"):
        collect(digits(files))


def test_images_and_labels_of_different_sets_are_refused(files: Path) -> None:
    write_idx(files / "t10k-labels-idx1-ubyte", np.arange(9))
    with pytest.raises(InputError, match=r"10 images.* 9 labels"):
        collect(digits(files))


def test_mnist_itself_is_read(shared: Path) -> None:
    if not (shared / "mnist").is_dir():
        pytest.skip(f"needs MNIST's files in {shared / 'mnist'}")
    found = {name: read_set(idx_files(shared / "mnist"), name) for name in ("train", "t10k")}
    assert [found[name].images.shape for name in found] == [(60_000, 28, 28), (10_000, 28, 28)]
    assert np.bincount(found["t10k"].labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip
