"""Deployments on a real server: what is made, what is kept, what the run form refuses."""

import json
import os
import subprocess
import sys
import urllib.error
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.events import DeploymentEventTrigger

from flows.deploying import Plan, deploy, job_variables, plans, trigger
from menagerie.errors import RecipeError, SettingsError
from menagerie.recipe import Recipe, load_recipe
from tasks.policies import MOST_RESTARTS
from tasks.telling import tags_of
from tests.builders import recipe
from tests.flows.conftest import Workplace
from tests.flows.server import ask, send
from tests.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
FLOWS = {
    "refresh",
    "collect",
    "curate",
    "release",
    "train",
    "evaluate",
    "recheck",
    "forget",
    "verify",
}


@pytest.fixture
def place(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace whose settings are those of this process."""
    monkeypatch.setenv("MENAGERIE_DATASETS", str(workplace.folder / "datasets"))
    return workplace


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, sandbox_url: str, prefect: str
) -> dict[str, dict[str, Any]]:
    """The deployments of one dataset, by flow; only to be looked at."""
    place = Workplace(tmp_path_factory.mktemp("deployed"), sandbox_url)
    place.write_recipe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENAGERIE_DATASETS", str(place.folder / "datasets"))
        deploy(["animals"])
    return of(prefect)


def add_schedule(place: Workplace, lines: str) -> None:
    with (place.dataset / "recipe.toml").open("a") as out:
        out.write(f"\n[schedule]\n{lines}\n")


def of(url: str, dataset: str = "animals") -> dict[str, dict[str, Any]]:
    """The deployments of a dataset by the name of their flow."""
    found = ask(url, "deployments", {"deployments": {"name": {"any_": [dataset]}}})
    return {each["entrypoint"].rpartition(".")[2]: each for each in found}


def test_every_flow_is_deployed_and_explains_its_parameters(
    deployed: dict[str, dict[str, Any]],
) -> None:
    assert set(deployed) == FLOWS
    for made in deployed.values():
        parameters = made["parameter_openapi_schema"]["properties"]
        assert parameters["recipe"]["enum"] == ["animals"]
        assert all(each["description"] for each in parameters.values())


@pytest.mark.parametrize(
    "parameters",
    [
        {"recipe": "other"},
        {"recipe": "animals", "limit": 0},
        {"recipe": "animals", "skip_training": "perhaps"},
        {"recipe": "animals", "again": MOST_RESTARTS + 1},
    ],
)
def test_the_run_form_refuses_nonsense(
    deployed: dict[str, dict[str, Any]], prefect: str, parameters: dict[str, Any]
) -> None:
    path = f"deployments/{deployed['refresh']['id']}/create_flow_run"
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(prefect, path, {"parameters": parameters})
    refused.value.close()
    assert refused.value.code in {409, 422}


def test_a_schedule_makes_runs(deployed: dict[str, dict[str, Any]], prefect: str) -> None:
    recheck = deployed["recheck"]["id"]
    send(prefect, f"deployments/{recheck}/schedule", {})
    runs = ask(prefect, "flow_runs", {"flow_runs": {"deployment_id": {"any_": [recheck]}}})
    assert {run["state_name"] for run in runs} == {"Scheduled"}
    assert all("T01:30:00" in run["expected_start_time"] for run in runs)


def test_runs_of_a_dataset_wait_for_each_other(
    deployed: dict[str, dict[str, Any]], prefect: str
) -> None:
    assert {each["work_queue_name"] for each in deployed.values()} == {"animals"}
    queue = send(prefect, "work_pools/menagerie/queues/animals", method="GET")
    assert queue["concurrency_limit"] == 1


def test_deploying_again_follows_the_recipe_and_leaves_off_what_was_switched_off(
    place: Workplace, deployed: dict[str, dict[str, Any]], prefect: str, monkeypatch: Any
) -> None:
    switch_off(prefect, deployed["refresh"])
    add_schedule(place, CHANGED)
    monkeypatch.setenv("MENAGERIE_WEBHOOK_URL", "http://127.0.0.1:9/secret")
    deploy(["animals"])
    made = of(prefect)
    (schedule,) = made["refresh"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["active"]) == ("*/5 4 * * 1", False)
    assert schedule["schedule"]["timezone"] == "Europe/Zurich"
    assert made["verify"]["schedules"] == []
    assert made["refresh"]["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    names = automations(prefect)
    assert {"start animals again", "tell of runs that failed", "tell of new releases"} < names
    place.write_recipe()
    monkeypatch.delenv("MENAGERIE_WEBHOOK_URL")
    deploy(["animals"])
    others = {name for name in automations(prefect) if "birds" in name or "zoo" in name}
    assert automations(prefect) - others == {
        "a run without a heartbeat has crashed",
        "a run that never gave a heartbeat has crashed",
        "train animals after menagerie.release.published",
        "evaluate animals after menagerie.train.done",
    }


def test_a_crashed_refresh_is_started_again_a_bounded_number_of_times(
    place: Workplace, prefect: str
) -> None:
    add_schedule(place, "restart_crashed = true")
    deploy(["animals"])
    refresh = of(prefect)["refresh"]["id"]
    for crashed in (0, MOST_RESTARTS):
        given = {"parameters": {"recipe": "animals", "again": crashed}}
        run = send(prefect, f"deployments/{refresh}/create_flow_run", given)["id"]
        send(prefect, f"flow_runs/{run}/set_state", {"state": {"type": "CRASHED"}, "force": True})
    # The second was refused where the first has been started.
    wait_until(lambda: len(told(prefect, "prefect.automation.action.")) == 4, "both were tried")
    started = ask(prefect, "flow_runs", {"deployments": {"id": {"any_": [refresh]}}})
    again = [run["parameters"].get("again") for run in started if not run["auto_scheduled"]]
    assert sorted(filter(None, again)) == [1, MOST_RESTARTS]


def told(url: str, prefix: str) -> list[dict[str, Any]]:
    """What became of the restarts, of which each is told twice: triggered, executed or failed."""
    wanted = {"event": {"prefix": [prefix]}, "any_resource": {"labels": {}}}
    found: list[dict[str, Any]] = send(url, "events/filter", {"filter": wanted})["events"]
    named = "menagerie: start animals again"
    return [each for each in found if each["resource"].get("prefect.resource.name") == named]


CHANGED = """
cron = "*/5 4 * * 1"
timezone = "Europe/Zurich"
verify_cron = ""
when_busy = "refuse"
restart_crashed = true
"""


def switch_off(url: str, deployment: dict[str, Any]) -> None:
    (schedule,) = deployment["schedules"]
    path = f"deployments/{deployment['id']}/schedules/{schedule['id']}"
    send(url, path, {"active": False}, "PATCH")


def automations(url: str) -> set[str]:
    """The names of the automations."""
    return {each["name"].removeprefix("menagerie: ") for each in ask(url, "automations")}


def test_a_second_dataset_is_one_file_and_one_command(place: Workplace, prefect: str) -> None:
    recipe_file = place.folder / "datasets/birds/recipe.toml"
    recipe_file.parent.mkdir()
    text = (place.dataset / "recipe.toml").read_text()
    recipe_file.write_text(text.replace('name = "animals"', 'name = "birds"'))
    done = place.run("deploy", "birds", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["deployments"]
    assert {each["name"] for each in made} == {f"{flow}/birds" for flow in FLOWS}
    assert set(of(prefect, "birds")) == FLOWS


def test_the_file_for_prefect_deploy_says_what_the_command_deploys() -> None:
    wanted = load_recipe(ROOT / "datasets", "animals")
    document = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    entries = {each["entrypoint"]: each for each in document["deployments"]}
    for plan in plans(wanted):
        entry = entries.pop(plan.entrypoint)
        read = [DeploymentEventTrigger.model_validate(each) for each in entry.pop("triggers", [])]
        assert read == ([trigger("animals", plan)] if plan.event else [])
        assert entry == as_yaml(wanted, plan)
    assert not entries


def test_prefects_own_command_deploys_from_the_file(
    deployed: dict[str, dict[str, Any]], prefect: str, tmp_path: Path
) -> None:
    # Another dataset, since those of the first are looked at by other tests.
    text = (ROOT / "prefect.yaml").read_text().replace("animals", "zoo")
    (tmp_path / "prefect.yaml").write_text(text)
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PWD": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    made = of(prefect, "zoo")
    assert set(made) == FLOWS
    assert {each["job_variables"]["working_dir"] for each in made.values()} == {str(tmp_path)}
    names = automations(prefect)
    assert {"train zoo after menagerie.release.published"} < names


def as_yaml(wanted: Recipe, plan: Plan) -> dict[str, Any]:
    variables = job_variables("process") | {"working_dir": "{{ $PWD }}"}
    queue = {"name": "menagerie", "work_queue_name": "animals", "job_variables": variables}
    when = {"cron": plan.cron, "timezone": wanted.schedule.timezone, "slug": plan.flow}
    return {
        "name": "animals",
        "tags": tags_of("animals"),
        "parameters": {"recipe": "animals"},
        "work_pool": queue,
        "pull": [],
        "entrypoint": plan.entrypoint,
        **({"schedules": [when]} if plan.cron else {}),
    }


def test_only_flickrs_photos_are_rechecked_by_the_clock() -> None:
    local = recipe(source={"kind": "folder", "path": "photos"})
    assert {plan.flow: plan.cron for plan in plans(local)}["recheck"] == ""


def test_nothing_is_deployed_where_a_recipe_is_wrong(place: Workplace, prefect: str) -> None:
    add_schedule(place, 'cron = "0 3 * * yes"')
    with pytest.raises(RecipeError, match="no cron expression"):
        deploy(["animals"])
    with pytest.raises(RecipeError, match="no dataset 'ghosts'"):
        deploy(["ghosts"])


def test_without_a_server_that_stays_nothing_can_be_deployed(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
    try:
        with pytest.raises(SettingsError, match="need a Prefect server"):
            deploy(["animals"])
    finally:
        monkeypatch.undo()
        refresh_global_settings_context()
