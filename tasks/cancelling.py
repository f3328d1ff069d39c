"""Cancelling that goes on after Prefect's server was away.

A worker hears of runs that are to be cancelled over a connection to the server, one for each run
at work. When that breaks, and ten attempts to make it anew fail, Prefect 3.8.8 asks instead; when
three questions in a row fail, which takes minutes, it gives up, and the run can never be cancelled
again. Here the worker also asks, every few seconds and for ever.
"""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx
from prefect._internal.observers import FlowRunCancellingObserver, OnCancellingCallback
from prefect.runner import _flow_run_executor as executing

SECONDS_BETWEEN_QUESTIONS = 3.0
"""A run that is cancelled has ten seconds in all, some of which it needs to end its children."""


class TirelessObserver(FlowRunCancellingObserver):
    """Listens to the server, and asks it as well."""

    def __init__(self, on_cancelling: OnCancellingCallback, **_: Any) -> None:
        self._told: set[UUID] = set()

        def tell_once(flow_run_id: UUID) -> None:
            # A second SIGTERM would end a run in the middle of tidying up.
            if flow_run_id not in self._told:
                self._told.add(flow_run_id)
                on_cancelling(flow_run_id)

        super().__init__(tell_once, SECONDS_BETWEEN_QUESTIONS)

    async def __aenter__(self) -> "TirelessObserver":
        await super().__aenter__()  # type: ignore[no-untyped-call]
        self._questions = asyncio.create_task(self._ask())
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        self._questions.cancel()
        with suppress(asyncio.CancelledError):
            await self._questions
        await super().__aexit__(*exc_info)

    async def _ask(self) -> None:
        while True:
            await asyncio.sleep(self.polling_interval)
            # What cannot be told now is told when the server is back.
            with suppress(httpx.HTTPError):
                await self._check_for_cancelled_flow_runs()  # type: ignore[no-untyped-call]

    def _start_polling_task(self, task: "asyncio.Task[None]") -> None:
        """Prefect's own way of asking gives up; ours is at work already."""
        if not task.cancelled():
            task.exception()  # Read, so that nobody complains of it.


def let_cancelling_go_on() -> None:
    """Give the runs of this process's worker observers that do not tire."""
    vars(executing)["FlowRunCancellingObserver"] = TirelessObserver
