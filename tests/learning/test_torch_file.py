"""Weights are read without running what is pickled, and only if they are the right ones."""

import hashlib
import pickle
from pathlib import Path

import pytest

from menagerie.errors import BackboneError
from menagerie.learning.torch_file import read_tensors


class Touch:
    """Unpickled by pickle itself, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def test_what_is_pickled_does_not_run(tmp_path: Path) -> None:
    sha256 = written(tmp_path / "weights", pickle.dumps(Touch(tmp_path / "touched")))
    with pytest.raises(BackboneError, match="cannot be read: it asks for"):
        read_tensors(tmp_path / "weights", sha256)
    assert not (tmp_path / "touched").exists()


def test_another_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    found = written(tmp_path / "weights", b"not a pickle at all")
    with pytest.raises(BackboneError, match=f"SHA-256 is {found}, not 00") as refused:
        read_tensors(tmp_path / "weights", "00" * 32)
    assert str(refused.value).endswith("Install its package again.")


@pytest.mark.parametrize(
    "data", [b"", b"\x80\x02.", pickle.dumps(5) * 5, pickle.dumps("text") * 2, b"cposix\n"]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    sha256 = written(tmp_path / "weights", data)
    with pytest.raises(BackboneError, match="cannot be read"):
        read_tensors(tmp_path / "weights", sha256)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="cannot be read"):
        read_tensors(tmp_path / "weights", "00" * 32)
