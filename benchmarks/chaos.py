"""Kill parts of a cluster with SIGKILL while whole refreshes run; nothing may be lost or doubled.

    python benchmarks/chaos.py [--kills 40] [--kills-a-refresh 4] [--seed 0]

A refresh runs on PostgreSQL, an object store and a Dask cluster of two workers that share no
folder. At random moments one of the command that runs the flow, a Dask worker and PostgreSQL is
killed, and started again. A command that ended is called again until it succeeds. Then the release
must have the id of one that ran undisturbed on this machine alone, and catalog and store must hold
each photo once.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from menagerie.sandbox.drawn import drawn_universe  # noqa: E402
from menagerie.sandbox.server import running  # noqa: E402
from tests.catalogs import Catalogs  # noqa: E402
from tests.cluster import Cluster, ObjectStore, dask_cluster, object_store  # noqa: E402
from tests.flows.conftest import Workplace  # noqa: E402
from tests.postgresql import Server, running_server  # noqa: E402

COMMAND = ("refresh", "animals", "--skip-training")
VICTIMS = ("command", "worker", "postgresql")
_LONGEST_PAUSE_SECONDS = 12.0
_REFRESH_SECONDS = 900.0


class Disturbed:
    """One refresh on a cluster, which is disturbed."""

    def __init__(self, place: Workplace, server: Server, cluster: Cluster, chance: random.Random):
        self._place, self._server, self._cluster, self._chance = place, server, cluster, chance
        self.killed: Counter[str] = Counter()
        self._command = place.start(*COMMAND)

    def run(self, kills: int) -> None:
        """Kill so many parts, then let it end."""
        while sum(self.killed.values()) < kills:
            deadline = time.monotonic() + self._chance.uniform(0.5, _LONGEST_PAUSE_SECONDS)
            while time.monotonic() < deadline and self._command.poll() is None:
                time.sleep(0.05)
            if self._command.poll() == 0:
                break
            self._go_on()
            self._kill(self._chance.choice(VICTIMS))
        deadline = time.monotonic() + _REFRESH_SECONDS
        while self._command.poll() != 0:
            if time.monotonic() > deadline:
                raise SystemExit("The refresh does not come to its end.")
            self._go_on()
            time.sleep(0.1)
        self._command.communicate()

    def _go_on(self) -> None:
        """Call the command again where it has ended before its time."""
        if self._command.poll() is not None and self._command.returncode != 0:
            self._command.communicate()
            self._command = self._place.start(*COMMAND)

    def _kill(self, victim: str) -> None:
        if victim == "command":
            self._command.send_signal(signal.SIGKILL)
            self._command.communicate()
        elif victim == "worker":
            alive = [worker for worker in self._cluster.workers if worker.poll() is None]
            if alive:
                self._chance.choice(alive).kill()
            self._cluster.add_worker()
        else:
            self._server.kill()
            time.sleep(self._chance.uniform(0, 2))
            self._server.start()
        self.killed[victim] += 1


def refresh(
    folder: Path, sandbox: str, kills: int, chance: random.Random
) -> tuple[str, Counter[str]]:
    """Run one refresh with kills; return its release id and what was killed."""
    folder.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        store = stack.enter_context(object_store(folder))
        place = Workplace(folder, sandbox)
        place.write_recipe()
        place.env = {"MENAGERIE_CATALOG_URL": Catalogs(server.url).of(folder), **store.settings()}
        place.env["PREFECT_HOME"] = str(folder / "prefect")
        cluster = stack.enter_context(dask_cluster(folder / "dask", sandbox, place.env, 2))
        place.env["MENAGERIE_RUNNER"] = cluster.address
        disturbed = Disturbed(place, server, cluster, chance)
        disturbed.run(kills)
        check(place, store)
        return place.release_id, disturbed.killed


def check(place: Workplace, store: ObjectStore) -> None:
    """Compare the catalog with the store: each photo once, none left behind."""
    engine = create_engine(place.env["MENAGERIE_CATALOG_URL"])
    with engine.connect() as connection:
        doubled = connection.scalar(
            text("SELECT count(*) - count(DISTINCT (source, photo_id)) FROM photos")
        )
        known = set(connection.scalars(text("SELECT sha256 FROM files WHERE sha256 IS NOT NULL")))
        failed = connection.scalar(
            text("SELECT count(*) FROM files WHERE fault = 'download_failed'")
        )
    engine.dispose()
    photos = place.env["MENAGERIE_STORE_URL"].removeprefix("s3://") + "/photos"
    there = {path.rpartition("/")[2] for path in store.files().find(photos)}
    if doubled or failed or known - there:
        raise SystemExit(f"{doubled} doubled, {failed} failed, {len(known - there)} lost")


def undisturbed(folder: Path, sandbox: str) -> str:
    """Run one refresh on this machine alone and return its release id."""
    folder.mkdir()
    place = Workplace(folder, sandbox, {"PREFECT_HOME": str(folder / "prefect")})
    place.write_recipe()
    done: subprocess.CompletedProcess[str] = place.run(*COMMAND, timeout=_REFRESH_SECONDS)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return place.release_id


def main() -> None:
    """Read the command line, kill, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--kills-a-refresh", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 - it keeps no secret
    killed, number = Counter[str](), 0
    with tempfile.TemporaryDirectory() as name, running(drawn_universe(60)) as sandbox:
        expected = undisturbed(Path(name) / "undisturbed", sandbox)
        while sum(killed.values()) < asked.kills:
            number += 1
            left = min(asked.kills_a_refresh, asked.kills - sum(killed.values()))
            release_id, done = refresh(Path(name) / str(number), sandbox, left, chance)
            killed += done
            print(f"{number}: killed {dict(done)}, release {release_id}", flush=True)  # noqa: T201
            if release_id != expected:
                raise SystemExit(f"That is not the undisturbed release {expected}.")
    print(  # noqa: T201
        f"{sum(killed.values())} kills ({dict(killed)}) over {number} refreshes, load"
        f" {os.getloadavg()[0]:.1f}: no photo lost, none doubled, every time the release {expected}"
    )


if __name__ == "__main__":
    main()
