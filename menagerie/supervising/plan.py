"""Which parts `menagerie up` runs, with what environment and on which ports."""

import hashlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from menagerie.errors import SettingsError, WorkError
from menagerie.settings import Settings, is_loopback
from menagerie.supervising.asking import answers, is_online
from menagerie.supervising.parts import Part

HOST = "127.0.0.1"
SERVER_PORT = 4200  # Prefect's own default
WEB_PORT = 8750  # that of `menagerie web`
POOL = "menagerie"
_QUERY_SECONDS = "2"
"""How often a worker asks for runs that are due, on average. Prefect's ten seconds are most of
what passes between an event and the run that it starts; a question costs milliseconds."""
_WORKER_SECONDS_TO_END = 25.0
"""A worker first ends its runs, which take up to 15 seconds to say what became of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts, and the address of the API that they share."""

    parts: tuple[Part, ...]
    api: str


def plan_parts(
    settings: Settings,
    environment: Mapping[str, str],
    commands: frozenset[str],
    server_port: int = SERVER_PORT,
    web_port: int = WEB_PORT,
) -> Plan:
    """Put together what is to run; port 0 takes a free one. `commands` are those that exist.

    Raises:
        SettingsError: a port is taken, or PREFECT_API_URL is no address.
        WorkError: the server that PREFECT_API_URL names does not answer.
    """
    elsewhere = _server_elsewhere(environment.get("PREFECT_API_URL", ""), server_port)
    port = 0 if elsewhere else usable_port(server_port, "--port")
    api = elsewhere or f"http://{HOST}:{port}/api"
    shared = _shared_environment(settings, environment, api)
    parts = [] if elsewhere else [_server(port, shared)]
    after = tuple(part.name for part in parts)
    if "web" in commands:
        pages = _web(usable_port(web_port, "--web-port"), shared)
        shared = {"MENAGERIE_PAGES_URL": str(pages.address), **shared}
        parts.append(pages)
    if "deploy" in commands:
        parts.append(_deployments(shared, after))
        after = ("deployments",)
    parts.append(_worker(api, settings.home, shared, after))
    return Plan(tuple(parts), api)


def usable_port(port: int, option: str) -> int:
    """Return a port that nobody listens on: this one, or a free one for 0.

    Raises:
        SettingsError: another program listens on it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} cannot be used: {error.strerror}. End the program that listens there,"
                f" or choose another port with {option}."
            ) from None
        return int(probe.getsockname()[1])


def worker_name(home: Path) -> str:
    """Name the worker of a home, so that two homes may share one server."""
    place = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:8]
    return f"{socket.gethostname()}-{place}"


def _server_elsewhere(url: str, port: int) -> str | None:
    """Return the API of a server that others run, if the environment names one.

    An address of our own, exported for other commands, does not count.
    """
    if not url:
        return None
    parsed = urlsplit(url)
    if parsed.scheme not in {"http", "https"} or not parsed.hostname:
        raise SettingsError(
            f"PREFECT_API_URL must be an http(s) address (received {url!r}). Correct or unset it."
        )
    if answers(f"{url.rstrip('/')}/health"):
        return url.rstrip("/")
    if is_loopback(parsed.hostname) and parsed.port == port:
        return None
    raise WorkError(
        f"Prefect's server does not answer at PREFECT_API_URL = {url}. Start it, or unset"
        " PREFECT_API_URL to have a server started here."
    )


def _shared_environment(
    settings: Settings, environment: Mapping[str, str], api: str
) -> dict[str, str]:
    """What every part is told. Flows run in folders of their own, so paths are absolute."""
    home = settings.home.absolute()
    usual = {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    fixed = {
        "PREFECT_API_URL": api,
        "MENAGERIE_HOME": str(home),
        "MENAGERIE_DATASETS": str(settings.datasets.absolute()),
    }
    return {**usual, **environment, **fixed}


def _server(port: int, environment: Mapping[str, str]) -> Part:
    address = f"http://{HOST}:{port}"
    # As a server it must not take itself for a client of another one.
    own = {name: value for name, value in environment.items() if name != "PREFECT_API_URL"}
    return Part(
        "server",
        "Prefect server",
        "tasks.server",
        (str(port), "--linger"),
        own,
        lambda _: answers(f"{address}/api/health"),
        address,
    )


def _web(port: int, environment: Mapping[str, str]) -> Part:
    address = f"http://{HOST}:{port}"
    return Part(
        "web",
        "Pages",
        "menagerie.supervising.child",
        ("web", "--port", str(port)),
        environment,
        # Pages behind a token refuse whoever brings none.
        lambda _: answers(address, even_refusing=True),
        address,
    )


def _deployments(environment: Mapping[str, str], after: tuple[str, ...]) -> Part:
    return Part(
        "deployments",
        "Deployments",
        "menagerie.supervising.child",
        ("deploy",),
        environment,
        after=after,
        is_step=True,
    )


def _worker(api: str, home: Path, environment: Mapping[str, str], after: tuple[str, ...]) -> Part:
    name = worker_name(home)
    return Part(
        "worker",
        "Worker",
        "tasks.worker",
        (POOL, name),
        {"PREFECT_WORKER_QUERY_SECONDS": _QUERY_SECONDS, **environment},
        partial(is_online, api, POOL, name),
        after=after,
        seconds_to_end=_WORKER_SECONDS_TO_END,
    )
