"""Flows run for real: one Prefect server for the session, a sandbox, homes of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from menagerie.recipe import template
from tests.catalogs import ask
from tests.conftest import environment
from tests.processes import ended, wait_until

SMALL = """
[source]
photos_per_keyword = 60

[curation]
relevance = "{relevance}"

[release]
image_size_px = 16
min_per_class = 10

[training]
model = "mnist_cnn"
epochs = {epochs}
"""


@dataclass
class Workplace:
    """A home and a folder of datasets, and the command that works on them."""

    folder: Path
    url: str
    env: dict[str, str] = field(default_factory=dict)
    started: ExitStack = field(default_factory=ExitStack)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def settings(self) -> dict[str, str]:
        """What the environment of its commands says."""
        return {**environment(self.folder, self.url), **self.env}

    def count(self, sql: str) -> int:
        """Ask the catalog for one number; 0 while there is no such table."""
        rows = ask(self.settings, sql)
        return int(rows[0][0]) if rows else 0

    @property
    def dataset(self) -> Path:
        return self.folder / "datasets/animals"

    @property
    def release_id(self) -> str:
        return (self.dataset / "current").readlink().name

    def write_recipe(self, epochs: int = 1, relevance: str = "off") -> None:
        text = template("animals", "Animals", [(w, [w]) for w in ("monkey", "boar", "crow")])
        self.dataset.mkdir(parents=True, exist_ok=True)
        head = text[: text.index("[source]")]
        (self.dataset / "recipe.toml").write_text(
            head + SMALL.format(epochs=epochs, relevance=relevance)
        )

    def copy_to(self, folder: Path) -> None:
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, which ends with the test at the latest."""
        return self.started.enter_context(self._begun(*arguments))

    def run(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        with self._begun(*arguments) as child:
            out, err = child.communicate(timeout=timeout)
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)

    def _begun(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
        return ended(
            subprocess.Popen(
                [sys.executable, "-m", "menagerie", *arguments],
                env={**os.environ, **self.settings},
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )

    def wait_for_files(self, child: subprocess.Popen[str]) -> None:
        """Wait until a command has fetched some photos."""
        wait_until(lambda: self.count("SELECT count(*) > 5 FROM files"), "some are there", by=child)

    def kill_when(self, arguments: list[str], seen: Callable[[], bool]) -> None:
        """Start a command and kill it, without a chance to tidy up, once something is seen."""
        with self._begun(*arguments) as child:
            wait_until(seen, "it was seen", by=child, pause_seconds=0.005)


@pytest.fixture
def workplace(tmp_path: Path, sandbox_url: str, prefect: str) -> Iterator[Workplace]:
    """Return a fresh workplace with a small recipe."""
    made = Workplace(tmp_path, sandbox_url)
    made.write_recipe()
    with made.started:
        yield made


@pytest.fixture
def copied(workplace: Workplace, refreshed: Workplace) -> Workplace:
    """Return a copy of a refreshed workplace, to be changed."""
    refreshed.copy_to(workplace.folder)
    return workplace


@pytest.fixture(scope="session")
def refreshed(
    tmp_path_factory: pytest.TempPathFactory, sandbox_url: str, prefect: str
) -> Workplace:
    """Return a workplace after one undisturbed refresh with training; not to be changed."""
    made = Workplace(tmp_path_factory.mktemp("refreshed"), sandbox_url)
    made.write_recipe()
    # The machine may be busy with other tests.
    done = made.run("refresh", "animals", timeout=600)
    assert done.returncode == 0, done.stderr
    return made
