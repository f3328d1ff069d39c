"""The files of deploy/ are what their programs read, by schema and by linter."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.reading import COMPOSE, DEPLOY, DOCKERFILE, KUBERNETES, ROOT, objects

SUPPORTED = ("1.30", "1.37")
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not made for this machine")
    return found


def run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def name_of(described: dict[str, Any]) -> str:
    return f"{described['kind']} {described['metadata']['name']}"


def test_the_compose_file_keeps_to_the_specification() -> None:
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE)


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("described", objects(), ids=name_of)
def test_an_object_keeps_to_the_schema_of_kubernetes(
    described: dict[str, Any], version: str
) -> None:
    kubernetes_validate.validate(described, version, strict=True)


def test_an_unknown_field_of_an_object_is_found() -> None:
    wrong = {**objects("Service")[0], "replica": 1}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, SUPPORTED[0], strict=True)


def test_every_manifest_is_part_of_the_base() -> None:
    base = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    files = {file.name for file in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(base["resources"]) == files


def test_the_dockerfile_pleases_its_linter() -> None:
    run(tool("hadolint"), DOCKERFILE)


def test_all_yaml_pleases_its_linter() -> None:
    run(tool("yamllint"), "--strict", DEPLOY)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.name))
def test_a_script_can_be_read_by_the_shell(script: Path) -> None:
    assert script.read_text("utf-8").startswith("#!/bin/sh\n")
    run("sh", "-n", script)
