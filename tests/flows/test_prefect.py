"""What whoever watches the Prefect UI sees of a refresh, asked of the server itself."""

import json
import urllib.request
from typing import Any

import pytest

from tasks.telling import HEARTBEAT
from tests.flows.conftest import Workplace
from tests.flows.server import answer, ask, send
from tests.processes import wait_until


@pytest.fixture
def url(prefect: str, refreshed: Workplace) -> str:
    return prefect


def completed(url: str) -> list[dict[str, Any]]:
    """Those that other tests killed have the same names, and not all of their tags."""
    return ask(url, "flow_runs", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}})


def test_every_stage_is_a_flow_run_with_a_readable_name(url: str) -> None:
    names = {run["name"] for run in ask(url, "flow_runs")}
    assert {f"{stage} animals" for stage in ("refresh", "collect", "curate")} <= names


def test_runs_that_work_on_a_release_say_which(url: str, refreshed: Workplace) -> None:
    names = {run["name"] for run in ask(url, "flow_runs")}
    of_release = f"animals {refreshed.release_id}"
    assert {f"{stage} {of_release}" for stage in ("release", "train", "evaluate")} <= names


def test_runs_are_tagged_with_what_they_are_about(url: str, refreshed: Workplace) -> None:
    tags = {run["name"]: set(run["tags"]) for run in completed(url)}
    marks = {"menagerie", "dataset:animals"}
    assert tags["refresh animals"] >= marks
    release = refreshed.release_id
    assert tags[f"release animals {release}"] >= marks | {f"release:{release}"}
    assert tags["collect animals"] >= marks | {"keyword:monkey", "keyword:boar", "keyword:crow"}


@pytest.mark.parametrize("name", ["refresh animals", "collect animals"])
def test_heartbeats_tell_from_the_first_on_whose_they_are(url: str, name: str) -> None:
    run = next(run["id"] for run in completed(url) if run["name"] == name)
    heard = {"event": {"name": [HEARTBEAT]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    beats = send(url, "events/filter", {"filter": heard})["events"]
    assert beats
    for beat in beats:
        told = {each["prefect.resource.id"] for each in beat["related"]}
        assert told >= {"prefect.tag.menagerie", "prefect.tag.dataset:animals"}


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


def test_the_release_is_shown_with_the_proof_of_its_split(url: str, refreshed: Workplace) -> None:
    pages = [a["data"] for a in ask(url, "artifacts") if a["key"] == "release-animals"]
    assert any(refreshed.release_id in page for page in pages)
    assert all("**0 owners**" in page for page in pages)


def test_a_model_is_shown_against_the_champion(url: str, refreshed: Workplace) -> None:
    pages = [a["data"] for a in ask(url, "artifacts") if a["key"] == "champion-animals"]
    assert any("is the champion of animals" in page for page in pages)


def test_the_end_of_each_stage_is_an_event_with_its_figures(url: str, refreshed: Workplace) -> None:
    told = events_of(url, refreshed.release_id)
    stages = {"release.done", "release.published", "train.done", "evaluate.done", "refresh.done"}
    assert {f"menagerie.{stage}" for stage in stages} <= set(told)
    published = told["menagerie.release.published"]
    per_class = published["payload"]["per_class"]
    assert published["payload"]["train"] == sum(n["train"] for n in per_class.values())
    # The same run trains, so no trigger is to start another training.
    assert published["resource"]["menagerie.next"] == "same-run"


def events_of(url: str, release: str) -> dict[str, dict[str, Any]]:
    """The first event of each kind about a release; they may take a moment to be stored."""
    asked = {"limit": 50, "filter": {"event": {"prefix": ["menagerie."]}, "order": "ASC"}}
    found: list[dict[str, Any]] = []

    def all_are_there() -> bool:
        page = send(url, "events/filter", asked)
        found[:] = page["events"]
        while page["next_page"]:
            page = answer(urllib.request.Request(page["next_page"]))
            found.extend(page["events"])
        return "menagerie.refresh.done" in {each["event"] for each in found}

    wait_until(all_are_there, "the refresh is told of")
    about = [each for each in found if each["payload"].get("release") == release]
    return {each["event"]: each for each in reversed(about)}


def test_a_report_ends_the_refresh(url: str, refreshed: Workplace) -> None:
    pages = [a["data"] for a in ask(url, "artifacts") if a["key"] == "report-animals"]
    assert any(f"Release `{refreshed.release_id}`" in page for page in pages)
    assert any("test accuracy" in page for page in pages)


def test_the_server_of_a_command_has_pages_to_look_at(url: str) -> None:
    with urllib.request.urlopen(f"{url}/") as page:
        assert "text/html" in page.headers["Content-Type"]
    settings = answer(urllib.request.Request(f"{url}/ui-settings"))
    assert settings["api_url"] == f"{url}/api"
