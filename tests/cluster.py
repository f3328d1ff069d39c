"""A cluster on loopback: an object store, a Dask scheduler, workers that share no folder."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import s3fs

from tests.conftest import environment
from tests.processes import free_port, wait_until


@contextmanager
def running(
    command: list[str], env: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of Python meanwhile."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env={**os.environ, **env}, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def object_store(folder: Path) -> Iterator["ObjectStore"]:
    """Run an S3 server."""
    url = f"http://127.0.0.1:{free_port()}"
    command = ["moto.server", "-H", "127.0.0.1", "-p", url.rpartition(":")[2]]
    with running(command, {}, folder / "s3.log"):
        wait_until(lambda: _answers(url), "the object store answers")
        yield ObjectStore(url)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/moto-api/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


class ObjectStore:
    """An S3 server on loopback."""

    def __init__(self, url: str) -> None:
        self._url = url

    def settings(self) -> dict[str, str]:
        """Return what the environment must say to use a new bucket."""
        bucket = f"photos-{uuid.uuid4().hex[:8]}"
        self.files().mkdir(bucket)
        return {
            "AWS_ENDPOINT_URL": self._url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "MENAGERIE_STORE_URL": f"s3://{bucket}/photos-of-all",
        }

    def files(self) -> s3fs.S3FileSystem:
        """Return its files, as they are now."""
        return s3fs.S3FileSystem(
            endpoint_url=self._url, key="nobody", secret="nothing", use_listings_cache=False
        )


class Cluster:
    """A Dask scheduler, and workers in homes of their own, in a folder."""

    def __init__(
        self,
        folder: Path,
        sandbox: str,
        env: Mapping[str, str],
        stack: ExitStack,
        scheduler_env: Mapping[str, str],
    ) -> None:
        self._folder, self._sandbox, self._env, self._stack = folder, sandbox, dict(env), stack
        self.address = f"tcp://127.0.0.1:{free_port()}"
        command = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard"]
        command += ["--port", self.address.rpartition(":")[2], "--no-jupyter", "--no-show"]
        self.scheduler = stack.enter_context(
            running(command, scheduler_env, folder / "scheduler.log")
        )
        self.workers: list[subprocess.Popen[bytes]] = []

    def home(self, number: int) -> Path:
        return self._folder / f"worker-{number}" / "home"

    def add_worker(self) -> None:
        """Start one more worker."""
        place = self._folder / f"worker-{len(self.workers)}"
        place.mkdir()
        command = ["distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny"]
        command += ["--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(place)]
        env = {**environment(place, self._sandbox), **self._env}
        self.workers.append(self._stack.enter_context(running(command, env, place / "log")))
        wait_until(lambda: "Registered to" in (place / "log").read_text(), "the worker is there")


@contextmanager
def dask_cluster(
    folder: Path,
    sandbox: str,
    env: Mapping[str, str],
    workers: int,
    scheduler_env: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Cluster]:
    """Run a scheduler and some workers, with what their environments say beside our own."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        cluster = Cluster(folder, sandbox, env, stack, scheduler_env)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
