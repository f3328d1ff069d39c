"""Every policy of every task, with its reason."""

from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff
from sqlalchemy.exc import OperationalError


def catalog_was_busy(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether a task failed because the catalog was locked for longer than a minute.

    HTTP has a retry loop of its own in `menagerie.retry`; asking again here would multiply it.
    """
    try:
        state.result()
    except OperationalError as error:
        return "locked" in str(error)
    except BaseException:
        return False
    return False


# What is done is in the catalog; a task run again does only what is missing, so a cached
# result would only hide that something is missing again.
RESUMABLE: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": catalog_was_busy,
}

FLOW: dict[str, Any] = {
    "persist_result": False,
    # Two batches overlap: the last slow photos of one do not stop the pool of connections,
    # and reading one overlaps with writing another. Threads inside the tasks do the rest.
    "task_runner": ThreadPoolTaskRunner(max_workers=2),
}

BUSY_SECONDS = 6 * 3600.0
"""How long a deployed run waits for another one of its dataset: longer than any but a first one."""

BUSY_PAUSE_SECONDS = 2.0
"""How often it looks: seldom enough to cost nothing, often enough that nobody notices."""

HEARTBEAT_SECONDS = 30
"""How often a run says that it lives: Prefect's least, since that many seconds pass unnoticed."""

DEAD_SECONDS = 90
"""After so long without a heartbeat a run is dead: three in a row may be lost on a busy machine."""

RESTART_SECONDS = 60
"""After so long a run that crashed is started again, where the recipe says so."""
