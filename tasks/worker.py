"""A worker of `menagerie up`: runs what is scheduled or triggered, each run in a process.

    python -m tasks.worker POOL NAME

Prefect's own command would, when it is ended, kill its runs before they can say so, and leave
them running when it is killed itself.
"""

import asyncio
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import anyio
import httpx
from anyio.abc import TaskStatus
from prefect.workers.process import (
    ProcessJobConfiguration,
    ProcessWorker,
    ProcessWorkerResult,
)

from menagerie.lifeline import end_with_parent
from tasks.cancelling import let_cancelling_go_on
from tasks.engine import SECONDS_TO_END
from tasks.lost import end_lost

_LINGER_SECONDS = SECONDS_TO_END + 5.0

_log = logging.getLogger("prefect.menagerie.worker")


class _Job(ProcessJobConfiguration):
    """A run whose process ends with its worker, unless the deployment has a command of its own."""

    def prepare_for_flow_run(self, *arguments: Any, **named: Any) -> None:
        self.command = self.command or f"{sys.executable} -m tasks.engine"
        super().prepare_for_flow_run(*arguments, **named)


class _Started(TaskStatus[int]):
    """Notes the process of a run, then passes it on."""

    def __init__(self, pids: dict[UUID, int], run: UUID, other: TaskStatus[int]) -> None:
        self._pids = pids
        self._run = run
        self._other = other

    def started(self, value: int | None = None) -> None:
        if value is not None:
            self._pids[self._run] = value
        self._other.started(value)  # type: ignore[arg-type]


class RunEndingWorker(ProcessWorker):
    """A process worker that lets its runs say what became of them before it ends.

    It waits for its server, however long that is away. Prefect's own ends after some failures in
    a row, and takes its runs along.
    """

    type = "process that ends its runs"
    job_configuration = _Job

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.pids: dict[UUID, int] = {}
        self._is_waiting = False
        self._answers_since = datetime.now(UTC)

    async def get_and_submit_flow_runs(self) -> list[Any]:
        """Start the runs that are due."""
        try:
            started: list[Any] = await super().get_and_submit_flow_runs()
        except httpx.HTTPError as error:
            self._wait(error)
            return []
        if self._is_waiting:
            self._is_waiting = False
            self._answers_since = datetime.now(UTC)
            _log.warning("Prefect's server answers again.")
        return started

    async def sync_with_backend(self) -> None:
        """Say that this worker is there, read how its pool is set up, and end what was lost."""
        try:
            await super().sync_with_backend()
            await end_lost(self.client, self._work_pool_name, self.pids, self._answers_since)
        except httpx.HTTPError as error:
            self._wait(error)

    def _wait(self, error: httpx.HTTPError) -> None:
        """Say once that the server does not answer; raise what waiting does not cure."""
        if isinstance(error, httpx.HTTPStatusError) and not error.response.is_server_error:
            raise error
        if not self._is_waiting:
            self._is_waiting = True
            _log.warning("Prefect's server does not answer (%r). This worker waits.", error)

    async def run(
        self,
        flow_run: Any,
        configuration: ProcessJobConfiguration,
        task_status: TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Run a flow in a process of its own, to its end."""
        status = task_status or anyio.TASK_STATUS_IGNORED
        try:
            return await super().run(
                flow_run, configuration, _Started(self.pids, flow_run.id, status)
            )
        finally:
            self.pids.pop(flow_run.id, None)

    async def end_runs(self) -> None:
        """Ask every run to end, those that begin meanwhile, too, and wait until they have."""
        asked: set[int] = set()
        with anyio.move_on_after(SECONDS_TO_END):
            while self.pids:
                for pid in set(self.pids.values()) - asked:
                    os.kill(pid, signal.SIGTERM)
                    asked.add(pid)
                await anyio.sleep(0.1)


# Only now: as it is defined, Prefect would warn that another worker has this type already.
RunEndingWorker.type = "process"


async def work(pool: str, name: str) -> None:
    """Serve a work pool, made if it is missing, until SIGTERM."""
    let_cancelling_go_on()
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    worker = RunEndingWorker(work_pool_name=pool, name=name)
    async with anyio.create_task_group() as group:
        group.start_soon(worker.start)
        await over.wait()
        await worker.end_runs()
        group.cancel_scope.cancel()


if __name__ == "__main__":
    end_with_parent(seconds=_LINGER_SECONDS)
    asyncio.run(work(*sys.argv[1:3]))
