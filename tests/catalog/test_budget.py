"""The budget: in no hour whatsoever are there more calls than the limit, whoever makes them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from menagerie.catalog.budget import HOUR_SECONDS, CallBudget
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.tables import api_calls
from menagerie.settings import load_settings
from tests.processes import ended

pytestmark = pytest.mark.both_catalogs

KEY = "0123456789abcdef" * 2


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    with open_catalog(load_settings()) as opened:
        yield opened


def most_in_an_hour(moments: list[float]) -> int:
    """Return the largest number of moments that any hour, of both ends exclusive, holds."""
    return max(
        (sum(start <= moment < start + HOUR_SECONDS for moment in moments) for start in moments),
        default=0,
    )


def test_calls_within_the_limit_wait_for_nothing(catalog: Catalog) -> None:
    budget = CallBudget(catalog, KEY, limit=3, clock=Clock())
    assert [budget.spend() for _ in range(3)] == [0, 0, 0]


def test_the_call_after_the_limit_is_told_how_long_to_wait(catalog: Catalog) -> None:
    clock = Clock()
    budget = CallBudget(catalog, KEY, limit=2, clock=clock)
    budget.spend()
    clock.now += 100.25
    budget.spend()
    assert budget.spend() == pytest.approx(3601 - 100.25)
    clock.now += budget.spend()
    assert budget.spend() == 0
    assert budget.spend() == pytest.approx(100, abs=1)


def test_a_call_that_has_to_wait_is_not_counted(catalog: Catalog) -> None:
    clock = Clock()
    budget = CallBudget(catalog, KEY, limit=1, clock=clock)
    assert [budget.spend() > 0 for _ in range(5)] == [False, True, True, True, True]
    clock.now += HOUR_SECONDS + 1
    assert budget.spend() == 0


def test_each_key_has_a_budget_of_its_own_and_is_not_written_down(catalog: Catalog) -> None:
    clock = Clock()
    assert CallBudget(catalog, KEY, limit=1, clock=clock).spend() == 0
    assert CallBudget(catalog, "another", limit=1, clock=clock).spend() == 0
    with catalog.begin() as connection:
        assert KEY not in set(connection.scalars(select(api_calls.c.key_hash)))


def test_what_is_older_than_an_hour_is_cleared_away(catalog: Catalog) -> None:
    clock = Clock()
    budget = CallBudget(catalog, KEY, clock=clock)
    for _ in range(4):
        budget.spend()
        clock.now += HOUR_SECONDS + 1
    budget.spend()
    with catalog.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(api_calls)) == 1


def test_a_clock_that_is_set_back_neither_grants_more_nor_stops_the_work(catalog: Catalog) -> None:
    clock = Clock()
    budget = CallBudget(catalog, KEY, limit=2, clock=clock)
    budget.spend()
    budget.spend()
    clock.now -= 86_400
    assert budget.spend() == pytest.approx(3601, abs=1)
    clock.now += 3601
    assert budget.spend() == 0


@given(
    limit=st.integers(1, 6),
    pauses=st.lists(st.floats(0, 4000, allow_nan=False), min_size=1, max_size=60),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_hour_whatsoever_holds_more_calls_than_the_limit(
    catalog: Catalog, limit: int, pauses: list[float]
) -> None:
    with catalog.begin() as connection:
        connection.execute(delete(api_calls))
    clock, made = Clock(), []
    budget = CallBudget(catalog, KEY, limit, clock)
    for pause in pauses:
        clock.now += pause
        wait = budget.spend()
        if wait:
            clock.now += wait
            assert budget.spend() == 0
        made.append(clock.now)
    assert most_in_an_hour(made) <= limit


# A thousand times as fast as the world, so that three hours pass in eleven seconds.
SPENDER = """
import json, sys, time
from menagerie.catalog.budget import CallBudget
from menagerie.catalog.database import open_catalog
from menagerie.settings import load_settings
from tests.processes import ended

seen = []
def clock():
    seen.append(1_700_000_000 + 1000 * (time.time() - began))
    return seen[-1]

made = []
with open_catalog(load_settings()) as catalog:
    print("ready", flush=True)
    began = float(sys.stdin.readline())
    budget = CallBudget(catalog, "key", limit=40, clock=clock)
    while clock() < 1_700_000_000 + 11_000:
        wait = budget.spend()
        if wait:
            time.sleep(wait / 1000)
        else:
            made.append(seen[-1])
print(json.dumps(made))
"""


def test_two_processes_on_one_catalog_stay_within_one_budget(catalog: Catalog) -> None:
    command = [sys.executable, "-c", SPENDER]
    pipe = subprocess.PIPE
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                ended(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
            )
            for _ in range(2)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        # One clock for both, which begins when both are there.
        began = f"{time.time()}\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write(began)
            child.stdin.flush()
        made = [json.loads(child.communicate(timeout=60)[0]) for child in children]
    assert all(made)
    together = sorted(made[0] + made[1])
    assert most_in_an_hour(together) <= 40
    # All that may be spent is spent: in each of three hours but for what waiting takes.
    assert len(together) >= 3 * 40
