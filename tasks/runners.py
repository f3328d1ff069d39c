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
    """Say in a sentence that Dask has given up some work, rather than in an error of its own.

    Raises:
        WorkError: worker after worker ended while it had a batch, or the scheduler is lost.
    """
    try:
        yield
    except Exception as error:
        # Dask is not loaded where it is not asked for, so its errors are known by their names.
        tell = _LOSSES.get(type(error).__name__)
        if tell is None:
            raise
        raise WorkError(
            f"{tell(error, work)} What was finished is kept; run the same command to go on."
        ) from None


def _batch_given_up(error: Exception, work: str) -> str:
    worker = getattr(getattr(error, "last_worker", None), "address", "not known")
    return (
        f"Dask gave up a batch of `{work}`: every worker that had it was lost, the last one at"
        f" {worker}. Look into the workers' logs and the kernel's (`dmesg`: often there was too"
        " little memory)."
    )


def _scheduler_lost(_error: Exception, work: str) -> str:
    return (
        f"Dask's scheduler was lost while it had `{work}` to do (MENAGERIE_RUNNER ="
        f" {load_settings().runner}): it ended, or cannot be reached any more. Look into its log"
        " and start it anew, and its workers where they have ended, too."
    )


_LOSSES = {
    "KilledWorker": _batch_given_up,
    # What becomes of a task when the connection breaks, and what a closed client says.
    "FutureCancelledError": _scheduler_lost,
    "ClosedClientError": _scheduler_lost,
}
