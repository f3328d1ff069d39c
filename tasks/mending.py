"""Prefect's server with what has to be mended in it, as a factory for uvicorn.

Prefect 3.8.8 hands each scheduled run to the database with its state, and each state
with its data, which are computed attributes of the tables' classes. SQLAlchemy 2.0 passed over
such keys; 2.1 refuses the whole statement, so that no schedule ever starts a run. Here the keys
are passed over again.
"""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app() -> "FastAPI":
    """Make Prefect's server, with schedules that work."""
    _let_schedules_through()
    from prefect.server.api.server import create_app as make

    return make()


def _let_schedules_through() -> None:
    from prefect.server.database.orm_models import FlowRun, FlowRunState

    for computed in (vars(FlowRun)["state"], vars(FlowRunState)["data"]):
        if getattr(computed, "bulk_dml_setter", "not known to this version") is None:
            computed.bulk_dml_setter = _pass_over


def _pass_over(_table: type[Any], _row: MutableMapping[str, Any], _value: object) -> None:
    """Leave a row as it is."""
