"""Runs whose process is gone and of which nobody told, on a real server."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import task
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State
from prefect.states import Completed, Crashed, Pending, Running

from tasks import lost
from tasks.telling import HEARTBEAT
from tests.supervising.naps import nap

pytestmark = pytest.mark.usefixtures("prefect")

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
LATER = datetime.now(UTC) + timedelta(hours=1)


async def handed_over(client: PrefectClient, pool: str, state: State[Any]) -> uuid.UUID:
    """Make a run that a worker of the pool took."""
    await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    flow = await client.create_flow(nap)
    deployment = await client.create_deployment(flow, pool, work_pool_name=pool)
    run = await client.create_flow_run_from_deployment(deployment, state=state, tags=["menagerie"])
    return run.id


async def beat(client: PrefectClient, run: uuid.UUID) -> None:
    """Give a heartbeat of a run, later than any silence here, and wait until it is known."""
    name = f"prefect.flow-run.{run}"
    event = {
        "id": str(uuid.uuid4()),
        "occurred": LATER.isoformat(),
        "event": HEARTBEAT,
        "resource": {"prefect.resource.id": name},
    }
    await client.request("POST", "/events", json=[event])
    until = {"until": (LATER + timedelta(hours=1)).isoformat()}
    heard = {"resource": {"id": [name]}, "event": {"name": [HEARTBEAT]}, "occurred": until}
    while not (await client.request("POST", "/events/filter", json={"filter": heard})).json()[
        "events"
    ]:
        await asyncio.sleep(0.1)


async def state_after_a_look(
    state: State[Any],
    *,
    is_alive: bool = False,
    beats: bool = False,
    answers_since: datetime = LONG_AGO,
) -> State[Any]:
    pool = f"lost-{uuid.uuid4()}"
    async with get_client() as client:
        run = await handed_over(client, pool, state)
        if beats:
            await beat(client, run)
        await lost.end_lost(client, pool, {run} if is_alive else set(), answers_since)
        found = (await client.read_flow_run(run)).state
    assert found is not None
    return found


def test_a_run_that_never_began_is_crashed_and_frees_its_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lost, "BEGIN_SECONDS", 0)
    state = asyncio.run(state_after_a_look(Pending()))
    assert state.is_crashed()
    assert "its worker was lost" in str(state.message)


def test_a_run_that_may_still_begin_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(state_after_a_look(Pending())).is_pending()
    monkeypatch.setattr(lost, "BEGIN_SECONDS", 0)
    assert asyncio.run(state_after_a_look(Pending(), is_alive=True)).is_pending()


def test_a_run_that_was_killed_before_a_heartbeat_came_is_crashed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert asyncio.run(state_after_a_look(Running())).is_running()
    monkeypatch.setattr(lost, "SILENT_SECONDS", 0)
    state = asyncio.run(state_after_a_look(Running()))
    assert state.is_crashed()
    assert "No heartbeat for 0 seconds" in str(state.message)


@pytest.mark.parametrize(
    "sign",
    [{"beats": True}, {"is_alive": True}, {"answers_since": LATER}],
    ids=["it gives heartbeats", "it is here", "the server was away"],
)
def test_a_run_that_may_be_at_work_is_left_alone(
    sign: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "SILENT_SECONDS", 0)
    assert asyncio.run(state_after_a_look(Running(), **sign)).is_running()


async def stage_after_a_look(whole: State[Any], tags: list[str]) -> State[Any]:
    """Look after a run's stage that says that it is running."""
    async with get_client() as client:
        parent = await client.create_flow_run(nap, state=whole)
        place = await client.create_task_run(task(nap.fn), flow_run_id=parent.id, dynamic_key="0")
        stage = await client.create_flow_run(
            nap, parent_task_run_id=place.id, state=Running(), tags=tags
        )
        await lost.end_lost(client, "no pool", set(), LONG_AGO)
        found = (await client.read_flow_run(stage.id)).state
    assert found is not None
    return found


def test_a_stage_of_a_run_that_has_ended_is_crashed() -> None:
    assert asyncio.run(stage_after_a_look(Crashed(), ["menagerie"])).is_crashed()


def test_a_stage_of_a_run_at_work_and_those_of_others_are_left_alone() -> None:
    assert asyncio.run(stage_after_a_look(Running(), ["menagerie"])).is_running()
    assert asyncio.run(stage_after_a_look(Completed(), [])).is_running()
