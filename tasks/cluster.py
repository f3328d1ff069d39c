"""Tasks on Dask: a cluster of processes on this machine, or one that runs elsewhere."""

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import distributed
from prefect_dask.task_runners import DaskTaskRunner
from sqlalchemy import make_url

from menagerie import __version__
from menagerie.cores import usable_cores
from menagerie.errors import WorkError
from menagerie.photos.scratch import clear_abandoned
from menagerie.settings import Settings, load_settings
from menagerie.workshop import open_workshop
from tasks.runners import THREADS, telling_of_lost_workers

_lock = threading.Lock()
_local: list[distributed.LocalCluster] = []


def cluster_runner(chosen: str) -> DaskTaskRunner:
    """Return the runner of a flow run: on the cluster of this process, or on a scheduler's."""
    if chosen == "dask":
        return _Runner(cluster=_local_cluster())
    return _Runner(address=chosen)


def _local_cluster() -> distributed.LocalCluster:
    """Start the cluster of this process, or return it: it takes seconds and serves every flow."""
    with _lock:
        if not _local:
            _local.append(
                distributed.LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=usable_cores(),
                    threads_per_worker=1,
                    # Loopback alone, and no pages of its own: those of Prefect show the tasks.
                    host="127.0.0.1",
                    dashboard_address=None,
                )
            )
    return _local[0]


class _Runner(DaskTaskRunner):
    @property
    def client(self) -> Any:
        """The connection to the scheduler; its workers are prepared once it is there."""
        is_new = self._client is None
        try:
            client = super().client
        except OSError as error:
            raise WorkError(
                f"Dask's scheduler does not answer at MENAGERIE_RUNNER = {self.address}"
                f" ({error}). Start it, or correct that address."
            ) from None
        if is_new:
            client.register_plugin(KeepWorkshop(Common.of(load_settings())))
        return client

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Hand a task to the scheduler, which may be lost since the last one."""
        with telling_of_lost_workers("the next task"):
            return super().submit(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Common:
    """What all workers must have in common, with no secret in it."""

    version: str
    catalog: str
    store: str

    @classmethod
    def of(cls, settings: Settings) -> "Common":
        """Return what the settings of this process say."""
        catalog = make_url(settings.database_url).render_as_string(hide_password=True)
        return cls(__version__, catalog, settings.photo_store_url)


class KeepWorkshop(distributed.WorkerPlugin):
    """Keeps the workshop of a worker open between tasks, once its settings are those of all.

    Opening it for each task would cost each a new catalog, new connections and a new decoder.
    """

    idempotent = True

    def __init__(self, expected: Common) -> None:
        self._expected = expected
        # A worker that was prepared for one catalog must be asked again for another.
        self.name = f"menagerie {expected}"
        self._open: ExitStack | None = None

    def setup(self, worker: distributed.Worker) -> None:
        """Open the workshop of a worker.

        Raises:
            WorkError: the worker works on another catalog or store, or has another version.
        """
        # A run's tasks come with its runner, which on a worker must not start a cluster again.
        os.environ["MENAGERIE_RUNNER"] = THREADS
        settings = load_settings()
        own = Common.of(settings)
        if own != self._expected:
            raise WorkError(
                f"The Dask worker {worker.name} does not work on what this command works on."
                f" It has {own}, the command has {self._expected}. Start it with the same"
                " MENAGERIE_CATALOG_URL, MENAGERIE_STORE_URL and version of menagerie."
            )
        clear_abandoned(settings.home)
        self._open = ExitStack()
        self._open.enter_context(open_workshop())

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask's signature
        """Close the workshop."""
        if self._open is not None:
            self._open.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return KeepWorkshop, (self._expected,)
