"""What no schema sees: deploy/ names variables, commands, ports and secrets that there are."""

import importlib
import re
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import click
import pytest
from prefect.settings import Settings as PrefectSettings
from prefect.settings.legacy import _get_valid_setting_names as prefect_names

from menagerie.cli import cli
from menagerie.settings import Settings
from tests.deploy.reading import (
    DOCKERFILE,
    ENTRYPOINT,
    ROOT,
    Container,
    compose,
    containers,
    objects,
    pods,
)

SECRET = re.compile(r"'secret(?:KeyRef)?': \{[^}]*'(?:name|secretName)': '(\w+)'")

ALL = containers()
OURS = [one for one in ALL if one.is_ours]
FROM_FILES = set(re.search(r"for name in (.+); do", ENTRYPOINT.read_text("utf-8"))[1].split())  # type: ignore[index]


def documented() -> set[str]:
    page = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    return set(re.findall(r"^\| `([A-Z][A-Z_]+)`", page, re.MULTILINE))


def refuse_unknown(name: str) -> None:
    """Fail for a variable that nothing reads, or that no page describes."""
    ours = {str(field.validation_alias) for field in Settings.model_fields.values()}
    if name.startswith(("MENAGERIE_", "FLICKR_")):
        assert name in ours
    elif name.startswith("PREFECT_"):
        assert name in prefect_names(PrefectSettings)
    else:
        assert name in documented()


@pytest.mark.parametrize("container", ALL, ids=str)
def test_a_variable_that_is_set_is_read_and_documented(container: Container) -> None:
    for name in container.environment:
        bare = name.removesuffix("_FILE")
        from_file = container.is_ours and bare in FROM_FILES and bare != name
        refuse_unknown(bare if from_file else name)


def test_a_variable_of_the_image_is_read_and_documented() -> None:
    final = DOCKERFILE.read_text("utf-8").rpartition("\nFROM ")[2]
    names = re.findall(r"^(?:ENV|   ) ([A-Z_]+)=", final, re.MULTILINE)
    assert "MENAGERIE_HOME" in names
    for name in names:
        refuse_unknown(name)


@pytest.mark.parametrize("container", OURS, ids=str)
def test_a_command_that_is_run_exists(container: Container) -> None:
    program, *words = container.command
    if program == "menagerie":
        takes(cli.commands[words[0]], words[1:])
    elif program == "dask":
        module = importlib.import_module(f"distributed.cli.dask_{words[0]}")
        takes(module.main, words[1:])
    elif words[0] == "-c":
        compile(words[1], container.place, "exec")
    elif program == "python":
        assert words[0] == "-m"
        assert find_spec(words[1]) is not None
    else:
        assert program == "sh"


def takes(command: click.Command, words: list[str]) -> None:
    """Fail unless a command can read these words."""
    command.make_context(command.name, list(words), resilient_parsing=False).close()


def test_the_factory_of_prefects_server_is_there() -> None:
    named = {word for one in OURS for word in one.command if word.endswith(":create_app")}
    (module, _, function), *others = (name.partition(":") for name in named)
    assert others == []
    assert callable(getattr(importlib.import_module(module), function))


def test_a_worker_has_a_standard_input_that_stays_open() -> None:
    # It takes a closed one for the end of its parent, and ends.
    workers = [one.spec for one in OURS if "tasks.worker" in one.command]
    assert [one.get("stdin_open") or one.get("stdin") for one in workers] == [True, True]


def listening(command: tuple[str, ...]) -> set[str]:
    """Return the ports that a command is told to listen on."""
    told: set[str] = set()
    for option, value in pairwise(command):
        if option in {"--port", "--worker-port", "--dashboard-address"}:
            told.add(value.rpartition(":")[2])
    return told


@pytest.mark.parametrize("container", [one for one in OURS if "kube" in str(one)], ids=str)
def test_a_probe_asks_a_port_that_its_container_listens_on(container: Container) -> None:
    named = {port["name"]: str(port["containerPort"]) for port in container.spec.get("ports", ())}
    assert set(named.values()) == listening(container.command)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if probe in container.spec:
            assert container.spec[probe]["httpGet"]["port"] in named


@pytest.mark.parametrize("container", [one for one in OURS if "compose" in str(one)], ids=str)
def test_a_health_check_and_a_published_port_agree_with_the_command(container: Container) -> None:
    checked = " ".join(container.spec.get("healthcheck", {}).get("test", ()))
    asked = set(re.findall(r"http://127\.0\.0\.1:(\d+)", checked))
    inner = {port.rpartition(":")[2] for port in container.spec.get("ports", ())}
    assert asked | inner <= listening(container.command)
    assert not inner or asked == inner


def test_an_address_in_a_setting_names_a_service_and_a_port_of_it() -> None:
    services = {one["metadata"]["name"]: one["spec"]["ports"] for one in objects("Service")}
    ports = {(name, str(port["port"])) for name, all_ in services.items() for port in all_}
    brought = {("postgres", "5432"), ("objects", "8333")}
    data = [value for one in objects("ConfigMap") for value in one["data"].values()]
    asked = re.findall(r"//(?:[a-z]+@)?([a-z-]+):(\d+)", " ".join(data))
    assert set(asked) <= ports | brought
    assert brought <= set(asked)


def test_a_service_leads_to_a_pod_and_to_a_port_of_it() -> None:
    for one in objects("Service"):
        (pod,) = [each for each in pods().values() if matches(one["spec"]["selector"], each)]
        named = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in one["spec"]["ports"]} <= named


def matches(labels: dict[str, str], pod: dict[str, Any]) -> bool:
    return bool(labels.items() <= pod["metadata"]["labels"].items())


def test_a_policy_opens_ports_that_somebody_listens_on() -> None:
    known = {port for one in OURS for port in listening(one.command)}
    known |= {"53", "443", "5432", "8333"}
    for policy in objects("NetworkPolicy"):
        spec = policy["spec"]
        for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
            assert {str(port["port"]) for port in rule["ports"]} <= known


def test_every_pod_may_speak_only_where_a_policy_says_so() -> None:
    (everybody,) = [one for one in objects("NetworkPolicy") if one["metadata"]["name"] == "nobody"]
    assert everybody["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_what_a_service_refers_to_is_declared() -> None:
    declared = compose()
    for name, service in declared["services"].items():
        assert set(service.get("secrets", ())) <= set(declared["secrets"]), name
        assert set(service["networks"]) <= set(declared["networks"]), name
        assert set(service.get("depends_on", ())) <= set(declared["services"]), name
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert {each for each in volumes if not each.startswith(".")} <= set(declared["volumes"])


def test_a_service_that_others_wait_for_has_a_health_check() -> None:
    services = compose()["services"]
    needs = [each for one in services.values() for each in one.get("depends_on", {}).items()]
    waited = {name for name, until in needs if until == {"condition": "service_healthy"}}
    assert {name for name in waited if "healthcheck" not in services[name]} == set()
    ended = {name for name, _ in needs} - waited
    assert {name: services[name]["restart"] for name in ended} == {"bucket": "on-failure"}


def test_a_file_that_a_service_reads_a_secret_from_is_given_to_it() -> None:
    for one in (each for each in ALL if "compose" in str(each)):
        said = f"{one.spec.get('environment', {})} {one.command}"
        read = set(re.findall(r"/run/secrets/(\w+)", said))
        assert read <= set(one.spec.get("secrets", ())), one.place


def test_a_secret_that_a_pod_refers_to_is_documented() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    secrets = re.findall(r"create secret generic ([a-z]+)", page)
    for pod in pods().values():
        referred = re.findall(
            r"'secret(?:KeyRef|)': \{[^}]*'(?:name|secretName)': '(\w+)'", f"{pod}"
        )
        assert set(referred) <= set(secrets)
