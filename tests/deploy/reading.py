"""What deploy/ says: its containers, and the objects for Kubernetes, without an engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
KUBERNETES = DEPLOY / "kubernetes"
DOCKERFILE = DEPLOY / "Dockerfile"
ENTRYPOINT = DEPLOY / "entrypoint.sh"
OURS = "menagerie"


@dataclass(frozen=True)
class Container:
    """A container: where it is described, what it runs, and the environment it is given."""

    place: str
    image: str
    command: tuple[str, ...]
    environment: frozenset[str]
    spec: dict[str, Any]

    @property
    def is_ours(self) -> bool:
        return self.image.partition(":")[0] == OURS

    def __str__(self) -> str:
        return self.place


def compose() -> dict[str, Any]:
    """Return the compose file; `${NAME:-value}` stays as it stands."""
    read: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return read


def objects(kind: str = "") -> list[dict[str, Any]]:
    """Return the objects for Kubernetes, of one kind or of all."""
    files = [file for file in KUBERNETES.glob("*.yaml") if file.name != "kustomization.yaml"]
    found = [one for file in sorted(files) for one in yaml.safe_load_all(file.read_text("utf-8"))]
    return [one for one in found if kind in {"", one["kind"]}]


def pods() -> dict[str, dict[str, Any]]:
    """Return the pods of all deployments, by their names."""
    return {one["metadata"]["name"]: one["spec"]["template"] for one in objects("Deployment")}


def containers() -> list[Container]:
    """Return every container of the compose file and of the pods."""
    return [*_composed(), *_of_pods()]


def _composed() -> Iterator[Container]:
    for name, service in compose()["services"].items():
        environment = frozenset(service.get("environment", {}))
        command = tuple(service.get("command", ()))
        yield Container(f"compose {name}", service["image"], command, environment, service)


def _of_pods() -> Iterator[Container]:
    maps = {one["metadata"]["name"]: one["data"] for one in objects("ConfigMap")}
    for pod, template in pods().items():
        for spec in containers_of(template):
            names = {each["name"] for each in spec.get("env", ())}
            for source in spec.get("envFrom", ()):
                names |= set(maps[source["configMapRef"]["name"]])
            place = f"kubernetes {pod} {spec['name']}"
            yield Container(place, spec["image"], tuple(spec["args"]), frozenset(names), spec)


def containers_of(template: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a pod, those that go before included."""
    spec = template["spec"]
    return [*spec.get("initContainers", ()), *spec["containers"]]
