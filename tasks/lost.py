"""Runs that were handed to a worker and never began.

A run that works has a heartbeat, whose end turns it into Crashed. One whose worker or server was
killed just as its process was to be started has none yet: it would stay Pending for ever, and hold
the place of its dataset in the queue.
"""

import logging
from collections.abc import Container
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from tasks.policies import BEGIN_SECONDS

_log = logging.getLogger("prefect.menagerie.lost")


async def end_lost(client: PrefectClient, pool: str, alive: Container[UUID]) -> None:
    """Let the runs of a pool be Crashed that should have begun long ago, but for those `alive`."""
    waiting = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING]))
        ),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
    )
    latest = datetime.now(UTC) - timedelta(seconds=BEGIN_SECONDS)
    for run in waiting:
        if run.id not in alive and run.state is not None and run.state.timestamp < latest:
            _log.warning("The run %s never began; it is Crashed now.", run.name)
            message = (
                f"It did not begin within {BEGIN_SECONDS} seconds: its worker was lost before."
                " Nothing was done; the next run goes on."
            )
            # Somebody may have deleted it meanwhile.
            with suppress(ObjectNotFound):
                await client.set_flow_run_state(run.id, Crashed(message=message))
