"""The store takes whole files under the SHA-256 of their bytes, wherever fsspec reaches."""

import hashlib
from pathlib import Path

import pytest

from menagerie.errors import HomeError, SettingsError
from menagerie.photos.store import PhotoStore


@pytest.mark.parametrize("url", ["{}", "file://{}", "memory://photos"])
def test_bytes_come_back_by_their_hash(tmp_path: Path, url: str) -> None:
    store = PhotoStore(url.format(tmp_path / "photos"))
    file, sha256 = tmp_path / "file", hashlib.sha256(b"bytes").hexdigest()
    file.write_bytes(b"bytes")
    store.adopt(file, sha256)
    assert store.read(sha256) == b"bytes"
    assert sha256 in store
    assert list(store) == [sha256]
    assert not file.exists()


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PhotoStore(str(tmp_path)).read("0" * 64)


def test_a_url_that_nothing_can_open_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"MENAGERIE_STORE_URL.*'rubbish://x'"):
        PhotoStore("rubbish://x")


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match="MENAGERIE_STORE_URL"):
        PhotoStore(str(tmp_path / "file"))


@pytest.mark.parametrize("url", ["{}", "memory://probed/photos"])
def test_a_store_that_can_be_written_is_left_as_it_was(tmp_path: Path, url: str) -> None:
    store = PhotoStore(url.format(tmp_path / "photos"))
    store.probe()
    assert list(store) == []
    assert store.lost(["0" * 64, "1" * 64]) == ["0" * 64, "1" * 64]
