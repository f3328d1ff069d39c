"""What has to be mended in Prefect 3.8.8: its server, as a factory for uvicorn, and its engine.

The server hands each scheduled run to the database with its state, and each state
with its data, which are computed attributes of the tables' classes. SQLAlchemy 2.0 passed over
such keys; 2.1 refuses the whole statement, so that no schedule ever starts a run. Here the keys
are passed over again.

The engine waits, at the end of each flow, for the thread of its heartbeats, which looks once a
second whether it is to end: half a second on the average for each stage of a refresh. Flows of
coroutines do not wait for it, and here the others do not either: the thread ends by itself.
"""

from collections.abc import MutableMapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app() -> "FastAPI":
    """Make Prefect's server, with schedules that work."""
    _let_schedules_through()
    from prefect.server.api.server import create_app as make

    return make()


def end_flows_at_once() -> None:
    """Let the flows of this process end without waiting for their last heartbeat."""
    from prefect import flow_engine

    beating = getattr(flow_engine, "_send_heartbeats", None)
    if beating is not None and not isinstance(beating, partial):
        flow_engine._send_heartbeats = partial(beating, join_on_exit=False)


def _let_schedules_through() -> None:
    from prefect.server.database.orm_models import FlowRun, FlowRunState

    for computed in (vars(FlowRun)["state"], vars(FlowRunState)["data"]):
        if getattr(computed, "bulk_dml_setter", "not known to this version") is None:
            computed.bulk_dml_setter = _pass_over


def _pass_over(_table: type[Any], _row: MutableMapping[str, Any], _value: object) -> None:
    """Leave a row as it is."""
