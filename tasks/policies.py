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


# What is done is in the catalog; a task run again does only what is missing, so a cached
# result would only hide that something is missing again.
RESUMABLE: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    # A minute in all: as long as a database server takes to be started anew.
    "retries": 5,
    "retry_delay_seconds": exponential_backoff(2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": catalog_was_away,
}

FLOW: dict[str, Any] = {
    "persist_result": False,
    # On threads two batches overlap: the last slow photos of one do not stop the pool of
    # connections, and reading one overlaps with writing another. Threads inside do the rest.
    "task_runner": ChosenRunner(max_workers=2),
}
