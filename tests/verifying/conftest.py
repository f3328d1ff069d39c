"""A release of drawn photos, published for real, to be damaged and mended."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from menagerie.catalog.tables import releases
from menagerie.folders import point
from menagerie.recipe import Recipe
from menagerie.release.current import CHECKSUMS
from menagerie.release.remake import Sources
from menagerie.release.sealing import seal
from menagerie.release.verifying.inspection import Inspection
from menagerie.release.verifying.verify import Verification, verify
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from menagerie.workshop import Workshop, open_workshop
from tests.builders import recipe
from tests.conftest import environment
from tests.library import collect
from tests.test_forgetting import release

Row = dict[str, Any]
ASKED = recipe(release={"image_size_px": 32, "min_per_class": 5})


@pytest.fixture(scope="session")
def forty_url() -> Iterator[str]:
    """Return the address of a sandbox that draws 40 photos of each keyword."""
    with running(drawn_universe(40)) as url:
        yield url


@pytest.fixture(scope="session")
def published(forty_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home and a dataset that is released."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder, forty_url).items():
            patch.setenv(name, value)
        with open_workshop() as shop:
            dataset = shop.settings.dataset_dir("animals")
            dataset.mkdir(parents=True)
            (dataset / "recipe.toml").write_text(ASKED.to_toml())
            collect(shop, ASKED)
            release(shop, ASKED)
    return folder


@dataclass
class Shelf:
    """A copy of what was published, to be damaged."""

    dataset: Path
    shop: Workshop
    recipe: Recipe = ASKED

    @property
    def id(self) -> str:
        return (self.dataset / "current").readlink().name

    @property
    def folder(self) -> Path:
        return self.dataset / "releases" / self.id

    @property
    def sources(self) -> Sources:
        return Sources(self.shop.catalog, self.shop.store, self.shop.settings.home, self.recipe)

    def rows(self, split: str = "train") -> list[Row]:
        manifest = pq.read_table(self.folder / "manifest.parquet").to_pylist()
        return [row for row in manifest if row["split"] == split]

    def stored(self, sha256: str) -> Path:
        return self.shop.settings.home / "photos" / sha256[:2] / sha256

    def edit_table(self, name: str, change: Callable[[list[Row]], object]) -> None:
        path = self.folder / name
        table = pq.read_table(path)
        rows = table.to_pylist()
        change(rows)
        pq.write_table(pa.Table.from_pylist(rows, table.schema), path)

    def edit_array(self, name: str, change: Callable[[Any], Any]) -> None:
        path = self.folder / name
        np.save(path, change(np.load(path)), allow_pickle=True)

    def reseal(self) -> None:
        """Make checksums, id, `current` and catalog agree with what the files are now."""
        before, folder = self.id, self.folder
        (folder / CHECKSUMS).unlink()
        after = seal(folder)
        folder.rename(folder.with_name(after))
        point(self.dataset / "current", Path("releases") / after)
        with self.shop.catalog.begin() as connection:
            named = update(releases).where(releases.c.release_id == before)
            connection.execute(named.values(release_id=after))

    def verify(self, only: int | None = None) -> Verification:
        catalog, store = self.shop.catalog, self.shop.store
        return verify(Inspection("animals", self.folder, catalog, store, only))

    def faulty(self) -> set[str]:
        """Name the checks that find a fault."""
        return {check.name for check in self.verify().checks if check.ok is False}


@pytest.fixture
def shelf(
    published: Path, forty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelf]:
    shutil.copytree(published, tmp_path, symlinks=True, dirs_exist_ok=True)
    for name, value in environment(tmp_path, forty_url).items():
        monkeypatch.setenv(name, value)
    with open_workshop() as shop:
        yield Shelf(shop.settings.dataset_dir("animals"), shop)
