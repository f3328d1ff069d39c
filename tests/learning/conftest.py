import shutil
from pathlib import Path

import pytest

from menagerie.learning.fit import train
from menagerie.progress import unwatched
from tests.learning.builders import QUICK, release


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of coloured squares; nobody writes into it."""
    return release(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, colours: Path) -> Path:
    """A model of `colours`; nobody writes into its folder."""
    return train(colours, tmp_path_factory.mktemp("dataset"), QUICK, unwatched)


@pytest.fixture
def dataset(tmp_path: Path, trained: Path) -> Path:
    """A dataset folder of one's own with a copy of the trained model."""
    shutil.copytree(trained, tmp_path / "animals" / "models" / trained.name)
    return tmp_path / "animals"
