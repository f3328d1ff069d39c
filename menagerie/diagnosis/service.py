"""What `menagerie up` runs: ports, server, deployments, worker, its last heartbeat."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from menagerie.diagnosis.check import Check, fault, note, ok
from menagerie.errors import SettingsError
from menagerie.settings import Settings
from menagerie.supervising.asking import ask, heartbeat_of, workers
from menagerie.supervising.plan import POOL, SERVER_PORT, WEB_PORT, usable_port
from menagerie.supervising.record import Record, last_record, running

_SILENT_SECONDS = 90.0
"""A worker tells every 30 seconds that it is there."""

_START = "`menagerie up` starts it"
_AGAIN = "`menagerie down`, then `menagerie up`"


def check_service(settings: Settings, api: str | None) -> Iterator[Check]:
    """Look at what runs in the home, or at the server that PREFECT_API_URL names (`api`)."""
    record = running(settings.home)
    yield _check_ports(record)
    api = record.api if record else api
    if api is None:
        yield _not_running(settings.home)
        return
    server = _check_server(api)
    yield server
    if server.health.value != "ok":
        return
    yield _check_deployments(api, record)
    yield from _check_worker(api, record)


def _not_running(home: Path) -> Check:
    if last_record(home) is not None:
        return note("server", "`menagerie up` was killed", "`menagerie up` starts it again")
    return note("server", "not running", _START)


def _check_ports(record: Record | None) -> Check:
    if record is not None:
        used = ", ".join(record.addresses.values()) or "none"
        return ok("ports", f"in use by `menagerie up`: {used}")
    taken = []
    for port, option in ((SERVER_PORT, "--port"), (WEB_PORT, "--web-port")):
        try:
            usable_port(port, option)
        except SettingsError:
            taken.append((port, option))
    if taken:
        said = " and ".join(str(port) for port, _ in taken)
        cure = "; ".join(f"`menagerie up {option} 0` takes a free one" for _, option in taken)
        return note("ports", f"{said} taken by another program", cure)
    return ok("ports", f"{SERVER_PORT} and {WEB_PORT} are free")


def _check_server(api: str) -> Check:
    ours = metadata.version("prefect")
    try:
        ask(f"{api}/health")
        theirs = str(ask(f"{api}/admin/version"))
    except OSError as error:
        return fault("server", f"no answer from {api} ({error})", f"wait a moment; {_AGAIN}")
    if theirs != ours:
        return fault("server", f"Prefect {theirs} at {api}, and {ours} here", _AGAIN)
    return ok("server", f"Prefect {theirs} at {api.removesuffix('/api')}")


def _check_deployments(api: str, record: Record | None) -> Check:
    part = record.parts.get("deployments") if record else None
    if part and part["phase"] == "failed":
        return fault("deployments", "could not be made", f"read {part['log']}")
    try:
        listed: list[dict[str, Any]] = ask(f"{api}/deployments/filter", {"limit": 200})
    except OSError as error:
        return fault("deployments", f"not told by the server ({error})", _AGAIN)
    due = [one for one in listed if any(s.get("active") for s in one.get("schedules", []))]
    if not listed:
        return note("deployments", "none", "nothing is scheduled until a recipe is deployed")
    return ok("deployments", f"{len(listed)}, {len(due)} of them with a schedule")


def _check_worker(api: str, record: Record | None) -> Iterator[Check]:
    try:
        online = workers(api, POOL)
    except OSError:
        online = []
    if not online:
        yield fault("worker", "none is online: nothing that is scheduled will run", _START)
        return
    part = record.parts.get("worker") if record else None
    again = f", started again {part['restarts']} times" if part and part["restarts"] else ""
    yield ok("worker", f"{', '.join(one['name'] for one in online)}{again}")
    last = max(heartbeat_of(one) for one in online)
    seconds = (datetime.now(UTC) - last).total_seconds()
    said = f"{max(seconds, 0):.0f} s ago"
    yield (
        ok("heartbeat", said)
        if seconds <= _SILENT_SECONDS
        else fault("heartbeat", said, f"the worker is stuck: {_AGAIN}")
    )
