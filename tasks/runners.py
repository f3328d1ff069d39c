"""What runs the tasks: threads of this process, or a Dask cluster, as MENAGERIE_RUNNER says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from menagerie.errors import SettingsError, WorkError
from menagerie.settings import load_settings

THREADS = "threads"
"""The runner that needs no other process."""


class ChosenRunner(ThreadPoolTaskRunner[Any]):
    """Becomes the runner of the settings when a flow starts: importing a flow reads none."""

    def duplicate(self) -> Any:
        """Return the runner of one flow run.

        Raises:
            SettingsError: what Dask needs is not installed.
        """
        chosen = load_settings().runner
        return super().duplicate() if chosen == THREADS else _cluster_runner(chosen)


def _cluster_runner(chosen: str) -> TaskRunner[Any]:
    try:
        # Dask is loaded where it is asked for, and need not be installed elsewhere.
        from tasks.cluster import cluster_runner
    except ImportError as error:
        raise SettingsError(
            f"MENAGERIE_RUNNER={chosen} needs packages that are not installed ({error})."
            " Install menagerie with its extra `cluster`."
        ) from None
    return cluster_runner(chosen)


def is_elsewhere() -> bool:
    """Tell whether tasks run in other processes."""
    return load_settings().runner != THREADS


def batch_of(threads: int, cluster: int) -> int:
    """Choose the size of a batch: on a cluster it should last seconds, for it may get lost."""
    return cluster if is_elsewhere() else threads


@contextmanager
def telling_of_lost_workers(work: str) -> Iterator[None]:
    """Say in a sentence that Dask has given up a batch, rather than in an error of its own.

    Raises:
        WorkError: worker after worker ended while it had that batch.
    """
    try:
        yield
    except Exception as error:
        # Dask is not loaded where it is not asked for.
        if type(error).__name__ != "KilledWorker":
            raise
        worker = getattr(getattr(error, "last_worker", None), "address", "not known")
        raise WorkError(
            f"Dask gave up a batch of `{work}`: every worker that had it was lost, the last one at"
            f" {worker}. What was finished is kept. Look into the workers' logs and the kernel's"
            " (`dmesg`: often there was too little memory), then run the same command to go on."
        ) from None
