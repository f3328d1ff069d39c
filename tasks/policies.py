"""Every policy of every task, with its reason."""

from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from menagerie.catalog.database import is_passing
from tasks.runners import ChosenRunner


def catalog_was_away(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether a task failed because the catalog was locked, or its server was not there.

    HTTP has a retry loop of its own in `menagerie.retry`; asking again here would multiply it.
    """
    try:
        state.result()
    except BaseException as error:
        return is_passing(error)
    return False


RESUMABLE: dict[str, Any] = {
    # What is done is in the catalog; a task run again does only what is missing, so a cached
    # result would only hide that something is missing again.
    "cache_policy": NO_CACHE,
    "persist_result": False,
    # A minute in all: as long as a database server takes to be started anew.
    "retries": 5,
    "retry_delay_seconds": exponential_backoff(2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": catalog_was_away,
    # No time-out: tasks run in threads, where Prefect's takes effect only after whatever they
    # wait for has come. Each request, each photo and each answer of a child is bounded where that
    # can be done, in the library; what hangs in spite of it ends with its flow, see below.
}

_DAY_SECONDS = 24 * 3600.0

FLOW: dict[str, Any] = {
    "persist_result": False,
    # A run that hangs would hold its dataset's queue for ever. After a week the next weekly one is
    # due, which goes on where this one was; no crawl of a size that one key can ask for is longer.
    "timeout_seconds": 7 * _DAY_SECONDS,
    # On threads two batches overlap: the last slow photos of one do not stop the pool of
    # connections, and reading one overlaps with writing another. Threads inside do the rest.
    "task_runner": ChosenRunner(max_workers=2),
}

LOCAL_FLOW: dict[str, Any] = {
    **FLOW,
    # Nothing here waits for Flickr or trains: a release of a million photos is minutes of work.
    "timeout_seconds": _DAY_SECONDS,
}

BUSY_SECONDS = 6 * 3600.0
"""How long a deployed run waits for another one of its dataset: longer than any but a first one."""

BUSY_PAUSE_SECONDS = 2.0
"""How often it looks: seldom enough to cost nothing, often enough that nobody notices."""

HEARTBEAT_SECONDS = 30
"""How often a run says that it lives: Prefect's least, since that many seconds pass unnoticed."""

DEAD_SECONDS = 90
"""After so long without a heartbeat a run is dead: three in a row may be lost on a busy machine."""

SILENT_SECONDS = 180
"""After so long a worker calls it dead, where the server did not: that waits for a first one."""

BEGIN_SECONDS = 180
"""So long a run may take from its worker to its first state: imports, on a very busy machine."""

RESTART_SECONDS = 60
"""After so long a run that crashed is started again, where the recipe says so."""

MOST_RESTARTS = 3
"""So often in a row: what killed a run four times is not cured by a fifth."""
