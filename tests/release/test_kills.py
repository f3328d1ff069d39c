"""A release that is killed while it is built: `current` stays whole, the next run ends it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from menagerie.folders import point
from menagerie.release.sealing import is_whole
from tests.builders import recipe
from tests.conftest import environment
from tests.release.conftest import SMALL

KILLS = 30


@contextmanager
def publisher(folder: Path, url: str) -> Iterator["Publisher"]:
    """Start what publishes in a copy of a home."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.release.publishing"],
        env={**os.environ, **environment(folder, url)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Publisher(child)
    finally:
        child.communicate()


class Publisher:
    """Publishes in a process of its own, which can be killed after a while."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._asked, self._told = child.stdin, child.stdout

    def publish(self, kill_after: float | None = None) -> bool:
        """Publish and tell whether it came to its end."""
        pid = self._ask()
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(pid, signal.SIGKILL)
        return self._ask() == 0

    def _ask(self) -> int:
        self._asked.write("\n")
        self._asked.flush()
        return int(self._told.readline())


def test_killed_at_thirty_moments_the_next_run_ends_as_if_undisturbed(
    built: Path, sandbox_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    asked = recipe(dataset={"title": "Another"}, release=SMALL).to_toml()
    for name in ("undisturbed", "killed"):
        shutil.copytree(built, tmp_path / name, symlinks=True)
        (tmp_path / name / "datasets/animals/recipe.toml").write_text(asked)
    with publisher(tmp_path / "undisturbed", sandbox_url) as whole:
        assert whole.publish()
    wanted = (tmp_path / "undisturbed/datasets/animals/current").resolve().name
    dataset, chance, kills = tmp_path / "killed/datasets/animals", random.Random(29), 0
    former = (dataset / "current").readlink()
    with publisher(tmp_path / "killed", sandbox_url) as publishing:
        seconds = 0.0
        for _ in range(6 * KILLS):
            # What was published is taken back, so that each try has everything to do.
            point(dataset / "current", former)
            shutil.rmtree(dataset / "releases" / wanted, ignore_errors=True)
            began = time.monotonic()
            # As long as a whole one has taken, so that kills come at any moment of it.
            ended = publishing.publish(chance.uniform(0, seconds) if seconds else None)
            kills += not ended
            seconds = time.monotonic() - began if ended else seconds
            assert is_whole(dataset / "current")
            assert (dataset / "current").resolve().name in {former.name, wanted}
            if kills == KILLS:
                break
        assert publishing.publish()
    assert kills == KILLS
    assert (dataset / "current").resolve().name == wanted
    assert not list((dataset / "releases").glob(".*"))
