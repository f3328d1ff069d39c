"""A dataset with a release, made of the sandbox's photos, and copies of it to work on."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from menagerie.curation.standing import Choice
from menagerie.curation.verdicts import judge_dataset
from menagerie.deciding import Wish, decide
from menagerie.release.current import current_release
from menagerie.release.publish import publish_release
from menagerie.release.tables import read_photo_ids
from menagerie.workshop import Workshop, open_workshop
from tests.builders import recipe
from tests.conftest import environment
from tests.library import collect, curate

SMALL: dict[str, Any] = {"image_size_px": 16, "min_per_class": 5}
ASKED = recipe(release=SMALL)


@dataclass
class Shelf:
    """A dataset with its releases, and the workshop that makes them."""

    folder: Path
    shop: Workshop

    @property
    def dataset(self) -> Path:
        return self.folder / "datasets/animals"

    @property
    def current(self) -> str:
        return current_release(self.dataset).name

    def photos(self) -> list[str]:
        """Return the ids of the photos in the current release."""
        return sorted(read_photo_ids(self.dataset / "current/manifest.parquet"))

    def publish(self, title: str = "Animals", *, allow_drop: bool = False) -> str:
        """Publish a release; another title makes another one."""
        asked = recipe(dataset={"title": title}, release=SMALL)
        home = self.shop.settings.home
        return publish_release(
            self.shop.catalog, asked, self.dataset, home, allow_drop=allow_drop
        ).name

    def reject(self, photo_ids: list[str]) -> None:
        """Decide against photos and judge again."""
        for photo_id in photo_ids:
            decide(self.shop.catalog, ASKED, Wish(Choice.REJECT, photo_id), "somebody")
        judge_dataset(self.shop.catalog, ASKED)

    def add_model(self, model_id: str, release_id: str) -> None:
        """Write what training leaves, without the training."""
        folder = self.dataset / "models" / model_id
        folder.mkdir(parents=True)
        (folder / "model.keras").touch()
        (folder / "model.json").write_text(
            f'{{"id": "{model_id}", "release": "{release_id}", "classes": [], "resize": "crop",'
            ' "image_size_px": 16, "training": {}, "sha256": "", "library_version": "0"}'
        )


@pytest.fixture(scope="session")
def built(sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home and a dataset that is released once; not to be changed."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder, sandbox_url).items():
            patch.setenv(name, value)
        with open_workshop() as shop:
            dataset = shop.settings.dataset_dir("animals")
            dataset.mkdir(parents=True)
            (dataset / "recipe.toml").write_text(ASKED.to_toml())
            collect(shop, ASKED)
            curate(shop, ASKED)
            publish_release(shop.catalog, ASKED, dataset, shop.settings.home)
    return folder


@pytest.fixture
def shelf(
    built: Path, sandbox_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelf]:
    """Return a copy of what was built."""
    shutil.copytree(built, tmp_path, symlinks=True, dirs_exist_ok=True)
    for name, value in environment(tmp_path, sandbox_url).items():
        monkeypatch.setenv(name, value)
    with open_workshop() as shop:
        yield Shelf(tmp_path, shop)
