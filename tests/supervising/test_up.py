"""`menagerie up` for real: one for all tests of this module, apart from the terminal."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from menagerie.supervising.asking import ask
from menagerie.supervising.plan import POOL
from menagerie.supervising.record import Record, running
from tests.conftest import environment
from tests.supervising.test_supervisor import ROOT, wait_until
from tests.test_lifeline import is_alive

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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sandbox_url: str) -> Iterator[Site]:
    """A home with everything up, on free ports, and the sandbox in Flickr's place."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "datasets/animals").mkdir(parents=True)
    (folder / "datasets/animals/recipe.toml").write_text(RECIPE)
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("PREFECT_")}
    made = Site(folder, {**inherited, **environment(folder, sandbox_url), "PYTHONPATH": str(ROOT)})
    done = made.run("up", "--detach", "--port", "0", "--web-port", "0")
    assert done.returncode == 0, done.stderr
    assert made.record.addresses["Prefect server"] in done.stdout
    yield made
    made.run("down")


def begin_nap(site: Site) -> str:
    """Run a flow that lasts, by the worker; returns the id of its run once it is at work."""
    api = site.record.api
    flow = order(f"{api}/flows/", {"name": "nap"})["id"]
    entry = {"entrypoint": "tests.supervising.naps:nap", "work_pool_name": POOL}
    made = order(f"{api}/deployments/", {"name": "nap", "flow_id": flow, **entry})["id"]
    run = str(order(f"{api}/deployments/{made}/create_flow_run", {})["id"])
    wait_until(lambda: state_of(site, run) == "RUNNING")
    return run


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


def state_of(site: Site, run: str) -> str:
    try:
        return str(ask(f"{site.record.api}/flow_runs/{run}")["state_type"])
    except OSError:
        return "not told"


def test_up_a_second_time_says_that_it_runs(site: Site) -> None:
    done = site.run("up")
    assert done.returncode == 0
    assert f"process {site.record.pid}" in done.stdout
    assert site.record.api in done.stdout


def test_the_ui_asks_the_port_that_was_chosen(site: Site) -> None:
    address = site.record.addresses["Prefect server"]
    assert ask(f"{address}/ui-settings")["api_url"] == f"{address}/api"


def test_the_server_sends_no_telemetry(site: Site) -> None:
    settings = ask(f"{site.record.api}/admin/settings")
    assert settings["server"]["analytics_enabled"] is False


def test_prefect_keeps_its_database_in_the_home(site: Site) -> None:
    assert (site.home / "prefect/prefect.db").is_file()


def test_a_command_in_the_same_home_uses_the_server(site: Site) -> None:
    code = "from tasks.server import prefect_server\nwith prefect_server() as url: print(url)"
    done = site.python("-c", code)
    assert done.stdout.strip() == site.record.addresses["Prefect server"], done.stderr


def test_the_doctor_finds_everything_well(site: Site) -> None:
    done = site.run("doctor", "--json")
    found: dict[str, Any] = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, done.stdout
    names = {"versions", "ports", "disk", "key", "clock", "backbone", "server", "worker"}
    assert {found[name]["health"] for name in (names | {"heartbeat"}) - {"disk"}} == {"ok"}


def test_a_worker_that_is_killed_takes_its_runs_along_and_is_started_again(site: Site) -> None:
    run, worker = begin_nap(site), site.record.parts["worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: state_of(site, run) == "CRASHED")
    wait_until(lambda: site.record.parts["worker"]["phase"] == "ready")
    assert site.record.parts["worker"]["restarts"] == 1
    said = (site.home / "logs/up.log").read_text()
    assert re.search(r"Worker was ended by signal 9; starting it again in 1 s", said)


def test_down_ends_everything_and_lets_runs_say_so(site: Site) -> None:
    run, record = begin_nap(site), site.record
    done = site.run("down")
    assert (done.returncode, done.stdout) == (0, "Everything is stopped.\n")
    assert not any(is_alive(part["pid"]) for part in record.parts.values() if part["pid"])
    assert running(site.home) is None
    assert run_in_database(site.home, run) == "CRASHED"


def run_in_database(home: Path, run: str) -> str:
    """The state of a run as the server left it behind."""
    with sqlite3.connect(home / "prefect/prefect.db") as database:
        found = database.execute("SELECT state_type FROM flow_run WHERE id = ?", [run]).fetchone()
    return str(found[0])
