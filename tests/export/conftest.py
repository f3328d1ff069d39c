from pathlib import Path

import pytest

from menagerie.export.run import Exported, export_release
from menagerie.export.source import Source, open_source
from menagerie.progress import unwatched
from tests.export.builders import publish

FORMATS = ("folder", "tfrecord", "webdataset", "huggingface")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with odd ids and titles; nobody writes into it."""
    return publish(tmp_path_factory.mktemp("datasets") / "animals")


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory, release: Path) -> Path:
    """A folder with an export of the release in each format; nobody writes into it."""
    folder = tmp_path_factory.mktemp("exports")
    for name in FORMATS:
        export(release, name, folder / name)
    return folder


def source_of(release: Path) -> Source:
    """Open a release to be exported."""
    return open_source(release.parents[1], release.name)


def export(release: Path, name: str, out: Path) -> Exported:
    """Export a release."""
    return export_release(source_of(release), name, out, unwatched)
