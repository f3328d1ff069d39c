"""Kill parts of one machine with SIGKILL while whole refreshes run as deployments.

    python benchmarks/chaos_up.py [--kills 20] [--kills-a-refresh 4] [--pause 20] [--seed 0]

`menagerie up` runs Prefect's server and a worker, and each refresh, with training, is a run of the
deployment. At random moments the server, the worker, the process of the run or that of the
training is killed. `up` starts its parts again; a run that ended so is followed by another one.
Each time the release must have the id of one that nobody disturbed, the catalog must name each
photo once and the store hold it; and when all is over, no run may say that it is running.
"""

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from menagerie.sandbox.drawn import drawn_universe  # noqa: E402
from menagerie.sandbox.server import running  # noqa: E402
from menagerie.supervising.plan import usable_port  # noqa: E402
from tests.flows.conftest import Workplace  # noqa: E402

VICTIMS = {
    "server": "tasks.server",
    "worker": "tasks.worker",
    "run": "tasks.engine",
    "training": "menagerie.learning.child",
}
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
_REFRESH_SECONDS = 1200.0
# About half a minute of training, so that there is time to kill it.
_EPOCHS = 100


class Site:
    """A home in which `menagerie up` runs, and its Prefect server."""

    def __init__(self, place: Workplace, port: int) -> None:
        self.place = place
        self._api = f"http://127.0.0.1:{port}/api"
        self.killed: Counter[str] = Counter()

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the server, waiting for it where it was killed; a body is posted."""
        deadline = time.monotonic() + 180
        while True:
            try:
                method = "GET" if body is None else "POST"
                answer = requests.request(method, self._api + path, json=body, timeout=30)
                answer.raise_for_status()
                return answer.json()
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def trigger(self) -> str:
        """Start a refresh, and return the id of its run."""
        deployment = self.ask("/deployments/name/refresh/animals")["id"]
        return str(self.ask(f"/deployments/{deployment}/create_flow_run", {})["id"])

    def state(self, run: str) -> str:
        """Return the kind of state that a run is in."""
        return str(self.ask(f"/flow_runs/{run}")["state_type"])

    def refresh(self, kills: int, chance: random.Random, pause_seconds: float = 20.0) -> None:
        """Bring one refresh to its end, and kill so many parts on the way."""
        left, run, until = kills, self.trigger(), time.monotonic() + _REFRESH_SECONDS
        while (state := self.state(run)) != "COMPLETED":
            if time.monotonic() > until:
                raise SystemExit(f"The refresh does not come to its end; its run is {state}.")
            if state in ENDED:
                run = self.trigger()
            if left:
                time.sleep(chance.uniform(0.5, pause_seconds))
                left -= self._kill(chance)
            else:
                time.sleep(1)

    def _kill(self, chance: random.Random) -> int:
        """Kill one part that is there, of a kind that was killed least: trainings are short."""
        there = {name: found for name, mark in VICTIMS.items() if (found := self._pids(mark))}
        if not there:
            return 0
        least = min(self.killed[name] for name in there)
        victim = chance.choice(sorted(name for name in there if self.killed[name] == least))
        os.kill(chance.choice(there[victim]), signal.SIGKILL)
        self.killed[victim] += 1
        return 1

    def _pids(self, mark: str) -> list[int]:
        """Return the processes of this home that run a module."""
        home, found = f"MENAGERIE_HOME={self.place.home}".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
                if mark.encode() in command and home in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue  # It has just ended.
        return found

    def left_running(self) -> list[str]:
        """Wait for every run to end; return the names of those that do not."""
        until = time.monotonic() + 300
        while True:
            runs = self.ask("/flow_runs/filter", {"limit": 200})
            # Runs of later days are there already: the schedules' own.
            open_ = [r["name"] for r in runs if r["state_type"] not in {*ENDED, "SCHEDULED"}]
            if not open_ or time.monotonic() > until:
                return open_
            time.sleep(2)

    def check(self) -> None:
        """Compare the catalog with the store: each photo once, none lost."""
        with sqlite3.connect(self.place.home / "catalog.db") as catalog:
            [(doubled,)] = catalog.execute(
                "SELECT count(*) - count(DISTINCT source || '/' || photo_id) FROM photos"
            )
            known = {
                row[0] for row in catalog.execute("SELECT sha256 FROM files WHERE sha256 > ''")
            }
        there = {path.name for path in (self.place.home / "photos").rglob("*") if path.is_file()}
        if doubled or known - there:
            raise SystemExit(f"{doubled} photos doubled, {len(known - there)} lost.")

    def begin_anew(self) -> None:
        """Take away what refreshes have made, so that the next one has everything to do."""
        for name in ("photos", "tiles", "embeddings"):
            shutil.rmtree(self.place.home / name, ignore_errors=True)
        for file in self.place.home.glob("catalog.db*"):
            file.unlink()
        for name in ("releases", "models"):
            shutil.rmtree(self.place.dataset / name, ignore_errors=True)
        for name in ("current", "champion"):
            (self.place.dataset / name).unlink(missing_ok=True)


@contextmanager
def up(place: Workplace) -> Iterator[Site]:
    """Run `menagerie up` for the block."""
    port = usable_port(0, "--port")
    log = place.folder / "up.log"
    command = [sys.executable, "-m", "menagerie", "up", "--port", str(port), "--web-port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **place.settings},
            cwd=place.folder,
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(lambda: "menagerie down" in log.read_text(), 300, f"up is not ready; see {log}")
        yield Site(place, port)
    finally:
        process.terminate()
        process.wait(120)


def wait_for(seen: Callable[[], bool], seconds: float, else_: str) -> None:
    """Wait until something is seen."""
    until = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > until:
            raise SystemExit(else_)
        time.sleep(0.2)


def main() -> None:
    """Read the command line, kill, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--kills-a-refresh", type=int, default=4)
    parser.add_argument("--pause", type=float, default=20.0, help="Longest seconds between kills.")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 - it keeps no secret
    number = 0
    with tempfile.TemporaryDirectory() as name, running(drawn_universe(60)) as sandbox:
        place = Workplace(Path(name), sandbox)
        place.write_recipe(epochs=_EPOCHS)
        with up(place) as site:
            site.refresh(0, chance)
            expected = place.release_id
            print(f"undisturbed: release {expected}", flush=True)  # noqa: T201
            while (done := site.killed.total()) < asked.kills:
                number += 1
                site.begin_anew()
                kills = min(asked.kills_a_refresh, asked.kills - done)
                site.refresh(kills, chance, asked.pause)
                site.check()
                print(f"{number}: {dict(site.killed)}, release {place.release_id}", flush=True)  # noqa: T201
                if place.release_id != expected:
                    raise SystemExit(f"That is not the undisturbed release {expected}.")
            if left := site.left_running():
                raise SystemExit(f"These runs say that they are running: {', '.join(left)}")
    print(  # noqa: T201
        f"{site.killed.total()} kills ({dict(site.killed)}) over {number} refreshes, load"
        f" {os.getloadavg()[0]:.1f}: no photo lost, none doubled, no run left running, every time"
        f" the release {expected}"
    )


if __name__ == "__main__":
    main()
