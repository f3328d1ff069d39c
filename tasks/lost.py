"""Runs whose process is gone, and of which nobody told the server.

A run that works gives heartbeats, whose end makes an automation turn it into Crashed. That needs
a first one, and a server that remembers it. A run whose worker, process or server was killed at
the wrong moment would stay Pending or Running for ever, and hold the place of its dataset in the
queue. So each worker looks, too: at what never began, what is silent, and the stages of runs that
have ended.
"""

import logging
from collections.abc import Container
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterParentTaskRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from tasks.policies import BEGIN_SECONDS, SILENT_SECONDS
from tasks.telling import HEARTBEAT, PREFIX

_log = logging.getLogger("prefect.menagerie.lost")

_PENDING = [StateType.PENDING]
_DAY = 86_400
_AT_WORK = [StateType.RUNNING, StateType.CANCELLING]


async def end_lost(
    client: PrefectClient, pool: str, alive: Container[UUID], answers_since: datetime
) -> None:
    """Let lost runs of a pool be Crashed, but for those `alive`, and stages of runs that ended.

    A run is only called silent by a server that has answered for as long.
    """
    of_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    for run in await client.read_flow_runs(
        flow_run_filter=_in_state(_PENDING), work_pool_filter=of_pool
    ):
        if run.id not in alive and _is_older(run, BEGIN_SECONDS):
            await _end(
                client,
                run,
                f"It did not begin within {BEGIN_SECONDS} seconds: its worker was lost before."
                " Nothing was done; the next run goes on.",
            )
    if answers_since < _ago(SILENT_SECONDS):
        ours = _in_state(_AT_WORK)
        ours.tags = FlowRunFilterTags(all_=[PREFIX])  # Others' need not give heartbeats.
        for run in await client.read_flow_runs(flow_run_filter=ours, work_pool_filter=of_pool):
            if run.id not in alive and _is_older(run, SILENT_SECONDS):
                await _end_if_silent(client, run)
    await _end_stages(client)


async def _end_if_silent(client: PrefectClient, run: FlowRun) -> None:
    heard = {
        "event": {"name": [HEARTBEAT]},
        "resource": {"id": [f"prefect.flow-run.{run.id}"]},
        # Of the future, too: clocks of machines differ.
        "occurred": {"since": _ago(SILENT_SECONDS).isoformat(), "until": _ago(-_DAY).isoformat()},
    }
    answer = await client.request("POST", "/events/filter", json={"filter": heard, "limit": 1})
    if not answer.json()["events"]:
        await _end(
            client,
            run,
            f"No heartbeat for {SILENT_SECONDS} seconds: its process or machine is gone."
            " What was finished is kept; the next run goes on.",
        )


async def _end_stages(client: PrefectClient) -> None:
    """Let stages be Crashed that say they are at work in a run that has ended.

    A run that was started by its deployment lives in a process of its own, and may outlive others.
    """
    stages = _in_state([*_PENDING, *_AT_WORK])
    stages.tags = FlowRunFilterTags(all_=[PREFIX])
    stages.parent_task_run_id = FlowRunFilterParentTaskRunId(is_null_=False)
    stages.deployment_id = FlowRunFilterDeploymentId(is_null_=True)
    for run in await client.read_flow_runs(flow_run_filter=stages):
        with suppress(ObjectNotFound):
            assert run.parent_task_run_id is not None
            task = await client.read_task_run(run.parent_task_run_id)
            assert task.flow_run_id is not None
            whole = await client.read_flow_run(task.flow_run_id)
            if whole.state is not None and whole.state.is_final():
                await _end(client, run, f"The run {whole.name}, of which it is a stage, has ended.")


async def _end(client: PrefectClient, run: FlowRun, why: str) -> None:
    _log.warning("The run %s is Crashed now. %s", run.name, why)
    # Somebody may have deleted it meanwhile.
    with suppress(ObjectNotFound):
        await client.set_flow_run_state(run.id, Crashed(message=why), force=True)


def _in_state(kinds: list[StateType]) -> FlowRunFilter:
    return FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=kinds)))


def _is_older(run: FlowRun, seconds: int) -> bool:
    """Tell whether a run has been in its state for longer than that."""
    return run.state is not None and run.state.timestamp < _ago(seconds)


def _ago(seconds: int) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)
