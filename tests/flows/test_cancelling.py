"""A worker hears of runs that are to be cancelled, though its server was away meanwhile."""

import asyncio
from contextlib import suppress
from uuid import UUID

import pytest
from prefect._internal.observers import FlowRunCancellingObserver
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from tasks import cancelling
from tasks.cancelling import TirelessObserver
from tests.flows.server import send
from tests.processes import free_port

# Meanwhile Prefect's own way of asking fails three times in a row and gives up.
SECONDS_AWAY = 4.0
SECONDS_BETWEEN_QUESTIONS = 0.2


def test_a_run_is_cancelled_after_its_server_was_away(
    prefect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "SECONDS_BETWEEN_QUESTIONS", SECONDS_BETWEEN_QUESTIONS)
    flow = send(prefect, "flows/", {"name": "cancelled"})["id"]
    asked = {"flow_id": flow, "state": {"type": "CANCELLING"}}
    run = UUID(send(prefect, "flow_runs/", asked)["id"])
    heard: list[UUID] = []

    def hear(flow_run_id: UUID) -> None:
        heard.append(flow_run_id)

    port = free_port()
    # A question that is repeated for a minute would only make the absence, and the test, longer.
    at_once = {PREFECT_API_URL: f"http://127.0.0.1:{port}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(at_once):
        asyncio.run(listen(TirelessObserver(hear), run, heard, (prefect, port)))
    assert heard == [run]


async def listen(
    observer: FlowRunCancellingObserver, run: UUID, heard: list[UUID], way: tuple[str, int]
) -> None:
    """Let an observer watch a run, and let it through to the server only after a while."""
    server, port = way
    behind = int(server.rpartition(":")[2])
    at_work: set[asyncio.Task[None] | None] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.current_task())
        there, back = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async with observer:
        observer.add_in_flight_flow_run_id(run)
        await asyncio.sleep(SECONDS_AWAY)
        way_through = await asyncio.start_server(forward, "127.0.0.1", port)
        async with asyncio.timeout(120):
            while not heard:
                await asyncio.sleep(0.05)
        # Time enough to hear of it again, which must not be passed on.
        await asyncio.sleep(3 * SECONDS_BETWEEN_QUESTIONS)
    way_through.close()
    await asyncio.gather(*filter(None, at_work))


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
