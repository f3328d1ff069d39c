"""What whoever watches the Prefect UI sees of a refresh, asked of the server itself."""

import json
import urllib.request
from typing import Any

import pytest

from tests.flows.conftest import Workplace


def ask(url: str, what: str, body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"{url}/api/{what}/filter",
        data=json.dumps(body or {}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


@pytest.fixture
def url(prefect: str, refreshed: Workplace) -> str:
    return prefect


def test_every_stage_is_a_flow_run_with_a_readable_name(url: str) -> None:
    names = {run["name"] for run in ask(url, "flow_runs")}
    stages = ("refresh", "collect", "curate", "release", "train", "evaluate")
    assert {f"{stage} animals" for stage in stages} <= names


def test_tasks_say_what_they_work_on(url: str) -> None:
    names = {run["name"] for run in ask(url, "task_runs")}
    assert {"search monkey", "download monkey 1/1", "decode 1/1", "publish animals"} <= names


def test_long_stages_show_their_progress(url: str) -> None:
    # Runs that other tests killed leave bars that never came to their end.
    shown = {(a["key"], a["data"]) for a in ask(url, "artifacts") if a["type"] == "progress"}
    for stage in ("search", "download", "decode", "train"):
        assert (f"progress-{stage}-animals", 100.0) in shown


def test_the_funnel_is_a_table_that_sums_to_what_was_found(url: str, refreshed: Workplace) -> None:
    status = json.loads(refreshed.run("status", "animals", "--json").stdout)
    tables = [a for a in ask(url, "artifacts") if a["key"] == "funnel-animals"]
    funnels = [json.loads(table["data"]) for table in tables]
    final = [rows for rows in funnels if rows[0]["photos"] == status["found"]]
    assert final
    for rows in final:
        assert sum(row["photos"] for row in rows[1:]) == rows[0]["photos"]


def test_a_report_ends_the_refresh(url: str, refreshed: Workplace) -> None:
    pages = [a["data"] for a in ask(url, "artifacts") if a["key"] == "report-animals"]
    assert any(f"Release `{refreshed.release_id}`" in page for page in pages)
    assert any("test accuracy" in page for page in pages)


def test_the_server_of_a_command_has_pages_to_look_at(url: str) -> None:
    with urllib.request.urlopen(f"{url}/") as answer:
        assert "text/html" in answer.headers["Content-Type"]
    with urllib.request.urlopen(f"{url}/ui-settings") as answer:
        assert json.load(answer)["api_url"] == f"{url}/api"
