"""What is mended in Prefect is still there to be mended."""

import asyncio
import inspect
from functools import partial
from pathlib import Path

from prefect import flow_engine
from prefect.server.events import triggers
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, temporary_settings
from sqlalchemy import text

from tasks.mending import end_flows_at_once, let_triggers_wait


def test_flows_end_without_waiting_for_their_last_heartbeat() -> None:
    end_flows_at_once()
    end_flows_at_once()
    beating = vars(flow_engine)["_send_heartbeats"]
    assert isinstance(beating, partial)
    assert beating.keywords == {"join_on_exit": False}
    # The engine of flows that are no coroutines waits by default, and asks for nothing else.
    assert inspect.signature(beating.func).parameters["join_on_exit"].default is True
    assert "_send_heartbeats(self):" in inspect.getsource(flow_engine.FlowRunEngine)


def test_triggers_that_count_at_once_lose_no_event(tmp_path: Path) -> None:
    let_triggers_wait()

    async def run(*statements: str, pause: float = 0.0) -> None:
        async with vars(triggers)["automations_session"](begin_transaction=True) as session:
            for statement in statements:
                (await session.execute(text(statement))).close()
                await asyncio.sleep(pause)

    async def count() -> int:
        await run("CREATE TABLE counts (n INTEGER)", "INSERT INTO counts VALUES (0)")
        add = ("SELECT n FROM counts", "UPDATE counts SET n = n + 1")
        await asyncio.gather(*(run(*add, pause=0.02) for _ in range(8)))
        async with vars(triggers)["automations_session"]() as session:
            return int((await session.execute(text("SELECT n FROM counts"))).scalar_one())

    place = f"sqlite+aiosqlite:///{tmp_path / 'prefect.db'}"
    with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: place}):
        assert asyncio.run(count()) == 8
