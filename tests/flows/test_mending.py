"""What is mended in Prefect is still there to be mended."""

import inspect
from functools import partial

from prefect import flow_engine

from tasks.mending import end_flows_at_once


def test_flows_end_without_waiting_for_their_last_heartbeat() -> None:
    end_flows_at_once()
    end_flows_at_once()
    beating = vars(flow_engine)["_send_heartbeats"]
    assert isinstance(beating, partial)
    assert beating.keywords == {"join_on_exit": False}
    # The engine of flows that are no coroutines waits by default, and asks for nothing else.
    assert inspect.signature(beating.func).parameters["join_on_exit"].default is True
    assert "_send_heartbeats(self):" in inspect.getsource(flow_engine.FlowRunEngine)
