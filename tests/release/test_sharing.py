"""Releases in a shared store: there whole or not at all, and fetched by whoever lacks them."""

from pathlib import Path

import numpy as np
import pytest

from menagerie import load_data
from menagerie.errors import CallError, ReleaseError
from menagerie.release.sealing import is_whole
from menagerie.release.sharing import (
    SharedReleases,
    bring_all,
    bring_release,
    share_release,
    share_replaced,
    unshare_releases,
)
from menagerie.settings import Settings, load_settings
from tests.release.conftest import Shelf


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def shared(shelf: Shelf, store: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a machine that has shared its one release."""
    monkeypatch.setenv("MENAGERIE_STORE_URL", f"file://{store}")
    share_release(load_settings(), shelf.dataset / "releases" / shelf.current)
    return load_settings()


@pytest.fixture
def elsewhere(shared: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of another machine, and work there."""
    monkeypatch.setenv("MENAGERIE_DATASETS", str(tmp_path / "elsewhere"))
    return load_settings()


def test_another_machine_loads_the_current_release(shelf: Shelf, elsewhere: Settings) -> None:
    (x_train, _), _ = load_data("animals")
    assert np.array_equal(x_train, np.load(shelf.dataset / "current/x_train.npy"))
    assert is_whole(elsewhere.dataset_dir("animals") / "current")


def test_current_follows_the_store(shelf: Shelf, shared: Settings, elsewhere: Settings) -> None:
    bring_release(elsewhere, "animals")
    newer = shelf.publish("Beasts")
    share_release(shared, shelf.dataset / "releases" / newer)
    bring_release(elsewhere, "animals")
    assert (elsewhere.dataset_dir("animals") / "current").readlink().name == newer


def test_a_release_without_its_checksums_is_not_there(
    shelf: Shelf, elsewhere: Settings, store: Path
) -> None:
    (store / "datasets/animals/releases" / shelf.current / "checksums.sha256").unlink()
    assert SharedReleases(f"file://{store}", "animals").ids() == set()
    with pytest.raises(ReleaseError, match="does not have the release"):
        bring_release(elsewhere, "animals")


def test_a_damaged_release_is_not_taken_over(
    shelf: Shelf, elsewhere: Settings, store: Path
) -> None:
    (store / "datasets/animals/releases" / shelf.current / "classes.json").write_text("[]")
    with pytest.raises(ReleaseError, match="whole"):
        bring_release(elsewhere, "animals")
    folder = elsewhere.dataset_dir("animals")
    assert [each.name for each in (folder / "releases").iterdir()] == []


def test_what_is_pruned_here_is_pruned_there(shelf: Shelf, shared: Settings, store: Path) -> None:
    unshare_releases(shared, "animals", [shelf.current])
    assert not (store / "datasets/animals/releases" / shelf.current).exists()


@pytest.mark.parametrize("is_last", [False, True])
def test_what_took_a_releases_place_here_takes_it_there(
    shelf: Shelf, shared: Settings, store: Path, is_last: bool
) -> None:
    former = shelf.current
    newer = None if is_last else shelf.publish("Beasts")
    share_replaced(shared, "animals", former, newer)
    there = SharedReleases(f"file://{store}", "animals")
    assert there.current() == newer
    assert there.ids() == ({newer} if newer else set())


def test_before_forgetting_every_release_is_brought_here(shelf: Shelf, elsewhere: Settings) -> None:
    folder = elsewhere.dataset_dir("animals")
    with pytest.raises(CallError, match=r"animals.*recipe"):
        bring_all(elsewhere)
    folder.mkdir(parents=True)
    (folder / "recipe.toml").touch()
    bring_all(elsewhere)
    assert is_whole(folder / "releases" / shelf.current)


def test_without_a_shared_store_nothing_is_asked(shelf: Shelf) -> None:
    settings = load_settings()
    bring_release(settings, "animals")
    bring_all(settings)
    share_release(settings, shelf.dataset / "releases" / shelf.current)
    assert settings.shared_url is None
