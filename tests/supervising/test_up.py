"""`menagerie up` for real: one for all tests of this module, apart from the terminal."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.automations import AutomationCore

from flows.automating import dead_runs, mute_runs
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running as sandbox
from menagerie.supervising.asking import ask
from menagerie.supervising.record import running
from tests.catalogs import ask as ask_catalog
from tests.conftest import environment
from tests.flows.server import answer
from tests.flows.test_collect import control
from tests.processes import ended, is_alive, wait_until
from tests.supervising.receiver import receiving
from tests.supervising.site import (
    RECIPE,
    Site,
    begin_nap,
    cancel,
    napping,
    order,
    order_nap,
    remove,
    state_of,
)
from tests.supervising.test_supervisor import ROOT


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory: pytest.TempPathFactory, sandbox_url: str) -> Iterator[Site]:
    """A home in which everything is to be up, with the sandbox in Flickr's place."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "datasets/animals").mkdir(parents=True)
    (folder / "datasets/animals/recipe.toml").write_text(RECIPE)
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("PREFECT_")}
    own = {**environment(folder, sandbox_url), "PYTHONPATH": str(ROOT)}
    with receiving() as (webhook, told):
        made = Site(folder, {**inherited, **own, "MENAGERIE_WEBHOOK_URL": webhook}, told)
        yield made
        made.run("down")


@pytest.fixture
def site(home_of_all: Site) -> Site:
    """The home, with everything up, on free ports; also where the test of `down` came before."""
    if running(home_of_all.home) is None:
        done = home_of_all.run("up", "--detach", "--port", "0", "--web-port", "0")
        assert done.returncode == 0, done.stderr
        assert home_of_all.record.addresses["Prefect server"] in done.stdout
    return home_of_all


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


# Ten seconds are promised; the rest is for a machine that runs other tests, too.
SECONDS_TO_CANCEL = 60.0


def test_cancelling_ends_a_run_with_its_children(site: Site) -> None:
    run = begin_nap(site)
    assert len(napping(site)) == 2
    began = time.monotonic()
    cancel(site, run)
    wait_until(lambda: not napping(site))
    assert time.monotonic() - began < SECONDS_TO_CANCEL
    wait_until(lambda: state_of(site, run) == "CANCELLED")


def test_a_run_can_be_cancelled_after_its_server_was_restarted(site: Site) -> None:
    run, server = begin_nap(site), site.record.parts["server"]["pid"]
    # In good order, so that connections are closed and not broken.
    os.kill(server, signal.SIGTERM)
    wait_until(lambda: site.record.parts["server"]["pid"] not in {server, None})
    wait_until(lambda: site.record.parts["server"]["phase"] == "ready")
    cancel(site, run)
    wait_until(lambda: state_of(site, run) == "CANCELLED")
    assert not napping(site)


def test_what_comes_after_a_cancelled_run_goes_on_where_that_was(site: Site) -> None:
    faults = parse_faults("slow=1,slow-seconds=2")
    with sandbox(drawn_universe(60), faults) as url:
        first = begin_collecting(site, url)
        wait_until(lambda: fetched(site) > 0)
        cancel(site, first)
        wait_until(lambda: state_of(site, first) == "CANCELLED")
        assert 0 < fetched(site) < 60
        second = begin_collecting(site, url)
        wait_until(lambda: state_of(site, second) == "COMPLETED")
        assert fetched(site) > 60
        # Only what was under way at the end of the first was fetched again.
        assert sum(control(url)["photos_served_again"].values()) <= 2 * 16


def begin_collecting(site: Site, url: str) -> str:
    """Collect by the deployment, from another sandbox."""
    api, env = site.record.api, environment(site.folder, url)
    made = ask(f"{api}/deployments/name/collect/animals")
    ours = {"env": {**made["job_variables"]["env"], **env}}
    path = f"{api}/deployments/{made['id']}/create_flow_run"
    return str(order(path, {"job_variables": ours})["id"])


def fetched(site: Site) -> int:
    """How many photos the catalog has files of; 0 while there is no such table."""
    rows = ask_catalog(site.env, "SELECT count(*) FROM files WHERE sha256 IS NOT NULL")
    return int(rows[0][0]) if rows else 0


def test_a_published_release_starts_a_training_and_is_posted_to_the_webhook(site: Site) -> None:
    api = site.record.api
    trained = ask(f"{api}/deployments/name/train/animals")["id"]
    tell(api, "menagerie.release.published", {"menagerie.next": "none", "menagerie.new": "yes"})
    wanted = {"deployments": {"id": {"any_": [trained]}}}
    wait_until(lambda: ask(f"{api}/flow_runs/filter", wanted))
    (run,) = ask(f"{api}/flow_runs/filter", wanted)
    # There is no release to train on, which is posted as well.
    wait_until(lambda: state_of(site, run["id"]) == "FAILED")
    wait_until(lambda: {"Failed"} <= {message.get("state") for message in site.told})
    texts = [message["text"] for message in site.told]
    assert "animals: release abc is published, 8 photos to train and 2 to test with." in texts
    (failure,) = [message for message in site.told if message.get("state") == "Failed"]
    assert failure["text"].startswith("train animals: Failed.")


def tell(api: str, event: str, labels: dict[str, str]) -> None:
    """Send an event as the end of a release does."""
    resource = {"prefect.resource.id": "menagerie.dataset.animals", **labels}
    payload = {"dataset": "animals", "release": "abc", "train": 8, "test": 2}
    told = {"id": str(uuid.uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": event}
    body = json.dumps([{**told, "resource": resource, "payload": payload}]).encode()
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{api}/events", body, head)
    answer(request)


@contextmanager
def sooner(site: Site, automation: AutomationCore) -> Iterator[None]:
    """Have an automation beside its like that waits longer."""
    api, body = site.record.api, automation.model_dump(mode="json", exclude={"owner_resource"})
    made = order(f"{api}/automations/", {**body, "name": "sooner"})["id"]
    yield
    remove(f"{api}/automations/{made}")


def test_a_run_that_nobody_hears_of_becomes_crashed(site: Site) -> None:
    api = site.record.api
    with sooner(site, dead_runs(10)):
        run = order_nap(site, pool=None)
        own = {"PREFECT_API_URL": api, "PREFECT__FLOW_RUN_ID": run}
        # Without a worker, which would say at once what has become of it.
        engine = subprocess.Popen(
            [sys.executable, "-m", "tasks.engine"], env={**site.env, **own}, cwd=site.folder
        )
        heartbeats = {"event": {"name": ["prefect.flow-run.heartbeat"]}}
        heartbeats["resource"] = {"id": [f"prefect.flow-run.{run}"]}
        with ended(engine):
            wait_until(
                lambda: ask(f"{api}/events/filter", {"filter": heartbeats})["events"], by=engine
            )
        wait_until(lambda: state_of(site, run) == "CRASHED")
    said = ask(f"{api}/flow_runs/{run}")["state"]["message"]
    assert said.startswith("No heartbeat for 10 seconds")


def test_a_run_that_was_killed_before_its_first_heartbeat_becomes_crashed(site: Site) -> None:
    with sooner(site, mute_runs(10)):
        run = order_nap(site, pool=None)
        # All that such a run has ever said.
        begun = {"state": {"type": "RUNNING"}}
        order(f"{site.record.api}/flow_runs/{run}/set_state", begun)
        wait_until(lambda: state_of(site, run) == "CRASHED")


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
