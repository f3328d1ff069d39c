"""Runs that were handed to a worker and never began, on a real server."""

import asyncio
import uuid

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State
from prefect.states import Pending

from tasks import lost
from tests.supervising.naps import nap


async def handed_over(client: PrefectClient, pool: str) -> uuid.UUID:
    """Make a run that a worker of the pool took and did not start."""
    await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    flow = await client.create_flow(nap)
    deployment = await client.create_deployment(flow, pool, work_pool_name=pool)
    run = await client.create_flow_run_from_deployment(deployment, state=Pending())
    return run.id


async def state_after_a_look(*, is_alive: bool = False) -> State:
    pool = f"lost-{uuid.uuid4()}"
    async with get_client() as client:
        run = await handed_over(client, pool)
        await lost.end_lost(client, pool, {run} if is_alive else set())
        found = (await client.read_flow_run(run)).state
    assert found is not None
    return found


@pytest.mark.usefixtures("prefect")
def test_a_run_that_never_began_is_crashed_and_frees_its_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lost, "BEGIN_SECONDS", 0)
    state = asyncio.run(state_after_a_look())
    assert state.is_crashed()
    assert "its worker was lost" in str(state.message)


@pytest.mark.usefixtures("prefect")
def test_a_run_that_may_still_begin_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(state_after_a_look()).is_pending()
    monkeypatch.setattr(lost, "BEGIN_SECONDS", 0)
    assert asyncio.run(state_after_a_look(is_alive=True)).is_pending()
