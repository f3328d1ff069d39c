"""One machine, one command: everything up, down, and how it is."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from menagerie.commands.common import print_json

if TYPE_CHECKING:
    from menagerie.supervising.record import Record

_PORT = click.IntRange(0, 65535)


@click.command()
@click.option(
    "--port", type=_PORT, default=4200, show_default=True, help="Port of Prefect's server."
)
@click.option("--web-port", type=_PORT, default=8750, show_default=True, help="Port of the pages.")
@click.option("--detach", is_flag=True, help="Come back when all is ready, and let it run.")
@click.pass_context
def up(context: click.Context, port: int, web_port: int, detach: bool) -> None:
    """Run Prefect's server, the schedules, a worker and the pages, until Ctrl-C."""
    from menagerie.settings import load_settings
    from menagerie.supervising.detaching import detach as start_apart
    from menagerie.supervising.plan import plan_parts
    from menagerie.supervising.record import held, running
    from menagerie.supervising.supervisor import Supervisor

    settings = load_settings()
    commands = frozenset(context.find_root().command.commands)  # type: ignore[attr-defined]
    environment = dict(os.environ)
    if (there := running(settings.home)) is not None:
        _say_running(there)
        return
    if detach:
        plan_parts(settings, environment, commands, port, web_port)
        _show(start_apart(settings.home, ["--port", str(port), "--web-port", str(web_port)]))
        return
    with held(settings.home) as is_ours, _stopping() as stop:
        if not is_ours:
            click.echo("It is starting already; `menagerie doctor` says how far it is.")
            return
        plan = plan_parts(settings, environment, commands, port, web_port)
        supervisor = Supervisor(plan.parts, settings.home, plan.api, _say)
        supervisor.run(stop, _show)
        _say("Everything is stopped.")


@click.command()
def down() -> None:
    """Stop what `menagerie up` started."""
    from menagerie.settings import load_settings
    from menagerie.supervising.detaching import stop

    settings = load_settings()
    ended = stop(settings.home)
    click.echo("Everything is stopped." if ended else f"Nothing runs in {settings.home}.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Say what is amiss on this machine and what cures it; exit code 1 if something is."""
    from menagerie.diagnosis.examination import examine
    from menagerie.settings import load_settings

    api = dict(os.environ).get("PREFECT_API_URL")
    found = examine(load_settings(), api.rstrip("/") if api else None)
    if as_json:
        print_json({"ok": found.ok, "checks": [one.to_json() for one in found.checks]})
    else:
        for one in found.checks:
            click.echo(one.line)
    if not found.ok:
        sys.exit(1)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into a request to stop, and the second into an end."""
    stop = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if stop.is_set():
            # The parts notice that their parent is gone.
            os._exit(1)
        stop.set()
        _say("Stopping; again Ctrl-C does not wait for what is running.")

    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _say(sentence: str) -> None:
    click.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {sentence}")


def _say_running(record: "Record") -> None:
    click.echo(f"It runs already, since {record.since} (process {record.pid} on {record.host}).")
    _show(record)


def _show(record: "Record") -> None:
    """Print where everything is."""
    for title, address in record.addresses.items():
        click.echo(f"{title + ':':<16}{address}")
    click.echo(
        "Commands in this home use this server. For programs of Prefect's:\n"
        f"export PREFECT_API_URL={record.api}\n"
        "`menagerie down` or Ctrl-C stops everything; `menagerie doctor` says how it is."
    )


COMMANDS = (up, down, doctor)
