"""Deployments: what the Prefect server starts by the clock, by events or by hand."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from menagerie.commands.common import console, print_json, quiet_prefect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.deploying import Deployed


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--pool",
    default="menagerie",
    show_default=True,
    metavar="NAME",
    help="Work pool whose workers run them; made as a process pool where there is none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def deploy(debug: bool, names: tuple[str, ...], pool: str, as_json: bool) -> None:
    """Make or update the Prefect deployments of datasets, of all that have a recipe by default."""
    quiet_prefect(debug=debug)
    from flows.deploying import deploy as run
    from tasks.server import server_of_up

    with server_of_up():
        done = run(names, pool)
    if as_json:
        print_json({"pool": pool, "deployments": [_entry(each) for each in done]})
    else:
        _show(done, pool)


def _entry(made: "Deployed") -> dict[str, str]:
    return {**asdict(made), "id": str(made.id)}


def _show(done: "Sequence[Deployed]", pool: str) -> None:
    from rich.table import Table

    table = Table("deployment", "starts", title="Deployed", title_justify="left")
    for each in done:
        by_clock = f"{each.cron} ({each.timezone})" if each.cron else ""
        table.add_row(each.name, by_clock or each.event or "by hand")
    console().print(table)
    click.echo(f"Run them with: prefect worker start --pool {pool}")


COMMANDS = (deploy,)
