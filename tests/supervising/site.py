"""A home in which `menagerie up` runs, and what tests do there."""

import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from menagerie.supervising.asking import ask
from menagerie.supervising.plan import POOL
from menagerie.supervising.record import Record, running
from tests.processes import is_alive, wait_until
from tests.supervising.naps import pids_file

RECIPE = """
[dataset]
name = "animals"
[[classes]]
label = "monkey"
keywords = ["monkey"]
[[classes]]
label = "boar"
keywords = ["boar"]
"""


@dataclass(frozen=True)
class Site:
    """A folder in which `menagerie up` runs."""

    folder: Path
    env: dict[str, str]
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def record(self) -> Record:
        found = running(self.home)
        assert found is not None
        return found

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "menagerie", *arguments)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, env=self.env, cwd=self.folder, capture_output=True, text=True, check=False
        )


def begin_nap(site: Site, pool: str | None = POOL) -> str:
    """Run a flow that lasts, by the worker; returns the id of its run once it is at work."""
    pids_file(site.home).unlink(missing_ok=True)
    run = order_nap(site, pool)
    wait_until(lambda: state_of(site, run) == "RUNNING" and pids_file(site.home).exists())
    return run


def order_nap(site: Site, pool: str | None) -> str:
    """Make a run of the flow that lasts, for a pool of workers, or for nobody."""
    api = site.record.api
    flow = order(f"{api}/flows/", {"name": "nap"})["id"]
    entry = {"entrypoint": "tests.supervising.naps:nap", "work_pool_name": pool}
    deployment = {"name": f"nap {pool}", "flow_id": flow, "tags": ["menagerie"], **entry}
    made = order(f"{api}/deployments/", deployment)["id"]
    return str(order(f"{api}/deployments/{made}/create_flow_run", {})["id"])


def napping(site: Site) -> list[int]:
    """The processes of the last nap that are alive: the flow's and its child's."""
    return [pid for pid in map(int, pids_file(site.home).read_text().split()) if is_alive(pid)]


def cancel(site: Site, run: str) -> None:
    """Do what the button of the pages does."""
    order(f"{site.record.api}/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})


def order(url: str, document: dict[str, Any]) -> Any:
    """Ask the server for something until it is done: it refuses while its database is busy."""
    answers: list[Any] = []

    def is_done() -> bool:
        try:
            answers.append(ask(url, document))
        except OSError:
            return False
        return True

    wait_until(is_done)
    return answers[0]


def remove(url: str) -> None:
    """Remove something from the server, which refuses that, too, while its database is busy."""

    def is_done() -> bool:
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()
        except OSError:
            return False
        return True

    wait_until(is_done)


def state_of(site: Site, run: str) -> str:
    try:
        return str(ask(f"{site.record.api}/flow_runs/{run}")["state_type"])
    except OSError:
        return "not told"
