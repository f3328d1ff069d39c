"""What has to be mended in Prefect 3.8.8: its server, as a factory for uvicorn, and its engine.

The server hands each scheduled run to the database with its state, and each state
with its data, which are computed attributes of the tables' classes. SQLAlchemy 2.0 passed over
such keys; 2.1 refuses the whole statement, so that no schedule ever starts a run. Here the keys
are passed over again.

Its triggers read a count and then write it, within a transaction that SQLite begins as one of
reading: where anybody else wrote meanwhile it says at once that the database is locked. After
four more tries within the same moment the event is dropped, and with it the training or the
message that it was to start. Here such transactions begin as writing, and wait for their turn.

The engine waits, at the end of each flow, for the thread of its heartbeats, which looks once a
second whether it is to end: half a second on the average for each stage of a refresh. Flows of
coroutines do not wait for it, and here the others do not either: the thread ends by itself.
"""

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app() -> "FastAPI":
    """Make Prefect's server, with schedules and triggers that work."""
    _let_schedules_through()
    let_triggers_wait()
    from prefect.server.api.server import create_app as make

    return make()


def end_flows_at_once() -> None:
    """Let the flows of this process end without waiting for their last heartbeat."""
    from prefect import flow_engine

    beating = getattr(flow_engine, "_send_heartbeats", None)
    if beating is not None and not isinstance(beating, partial):
        flow_engine._send_heartbeats = partial(beating, join_on_exit=False)


def let_triggers_wait() -> None:
    """Let the triggers of this process's server wait for their turn to write."""
    from prefect.server.events import triggers

    if hasattr(triggers, "automations_session"):
        triggers.automations_session = _session


@asynccontextmanager
async def _session(begin_transaction: bool = False) -> AsyncIterator[Any]:
    """Open a session on Prefect's database, as its own function of that name does."""
    from prefect.server.database import provide_database_interface

    database = provide_database_interface()
    async with database.session_context(
        begin_transaction=begin_transaction, with_for_update=begin_transaction
    ) as session:
        yield session


def _let_schedules_through() -> None:
    from prefect.server.database.orm_models import FlowRun, FlowRunState

    for computed in (vars(FlowRun)["state"], vars(FlowRunState)["data"]):
        if getattr(computed, "bulk_dml_setter", "not known to this version") is None:
            computed.bulk_dml_setter = _pass_over


def _pass_over(_table: type[Any], _row: MutableMapping[str, Any], _value: object) -> None:
    """Leave a row as it is."""
