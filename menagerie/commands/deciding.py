"""A person decides on photos, one by one or with a table."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from menagerie.commands.common import recipe_of
from menagerie.errors import CallError

if TYPE_CHECKING:
    from menagerie.catalog.database import Catalog
    from menagerie.catalog.decisions import Decision
    from menagerie.curation.standing import Choice
    from menagerie.deciding import Wish
    from menagerie.recipe import Recipe


@click.command()
@click.argument("name")
@click.option("--photo", "photo_id", metavar="ID", help="The photo that is meant.")
@click.option("--sha256", metavar="H", help="All photos with these bytes are meant.")
@click.option("--keep", is_flag=True, help="It shows its label and is to be kept.")
@click.option("--reject", is_flag=True, help="It does not show its label.")
@click.option("--label", metavar="L", help="It shows this label.")
@click.option("--withdraw", is_flag=True, help="What was decided on it no longer counts.")
@click.option("--note", default="", metavar="TEXT", help="Why; kept with the decision.")
@click.option("--group", is_flag=True, help="The same goes for its near-duplicates.")
@click.option("--import", "table_in", metavar="FILE", help="Take the decisions of a CSV file.")
@click.option("--export", "table_out", metavar="FILE", help="Write all decisions to a CSV file.")
def decide(
    name: str,
    photo_id: str | None,
    sha256: str | None,
    keep: bool,
    reject: bool,
    label: str | None,
    withdraw: bool,
    note: str,
    group: bool,
    table_in: str | None,
    table_out: str | None,
) -> None:
    """Say what photos show; that outranks the rules."""
    from menagerie.curation.standing import Choice
    from menagerie.deciding import Wish
    from menagerie.workshop import open_workshop

    said = {
        Choice.KEEP: keep,
        Choice.REJECT: reject,
        Choice.LABEL: label is not None,
        Choice.WITHDRAW: withdraw,
    }
    chosen = [choice for choice, is_said in said.items() if is_said]
    tables = [file for file in (table_in, table_out) if file is not None]
    _refuse_mixed(chosen, tables, alone=not (photo_id or sha256 or note or group))
    recipe = recipe_of(name)
    with open_workshop() as shop:
        if tables:
            _exchange(shop.catalog, recipe, table_in, table_out)
        else:
            wish = Wish(chosen[0], photo_id, sha256, label, note, group)
            _decide(shop.catalog, recipe, wish)


def _refuse_mixed(chosen: "list[Choice]", tables: list[str], *, alone: bool) -> None:
    if tables and (len(tables) > 1 or chosen or not alone):
        raise CallError("--import and --export stand alone: give one of them, and nothing else.")
    if not tables and len(chosen) != 1:
        raise CallError(
            "Say what is decided: one of --keep, --reject, --label L and --withdraw"
            f" (received {', '.join(f'--{choice}' for choice in chosen) or 'none'})."
        )


def _exchange(
    catalog: "Catalog", recipe: "Recipe", table_in: str | None, table_out: str | None
) -> None:
    from menagerie.deciding import who_is_here
    from menagerie.decision_tables import export_decisions, import_decisions

    if table_in is not None:
        done = import_decisions(catalog, recipe, Path(table_in), who_is_here())
        click.echo(
            f"Recorded {done.recorded:,} decisions; {done.known:,} were there already."
            f"{_passed_over(done.forgotten)} `menagerie refresh {recipe.name}` goes by them."
        )
    elif table_out is not None:
        written = export_decisions(catalog, recipe, Path(table_out))
        click.echo(f"Wrote {written:,} decisions to {table_out}")


def _passed_over(forgotten: int) -> str:
    if forgotten == 0:
        return ""
    if forgotten == 1:
        return " 1 row is about a photo that was forgotten; passed over."
    return f" {forgotten:,} rows are about photos that were forgotten; passed over."


def _decide(catalog: "Catalog", recipe: "Recipe", wish: "Wish") -> None:
    from menagerie.deciding import decide as run
    from menagerie.deciding import obstacles, who_is_here

    made = run(catalog, recipe, wish, who_is_here())
    click.echo(f"{_sentence(made)}; `menagerie refresh {recipe.name}` goes by that.")
    for reason in obstacles(catalog, recipe, wish):
        click.echo(f"Yet it stays out while this lasts ({reason}): {reason.meaning}")


def _sentence(made: "list[Decision]") -> str:
    """Say what was recorded; the first decision is about the photo that was named."""
    first = made[0]
    labels = ", ".join(dict.fromkeys(one.label for one in made))
    meaning = {
        "keep": f"is a {labels} and is kept",
        "label": f"is a {labels}",
        "reject": f"is no {labels}",
        "withdraw": f"is no longer decided on as {labels}",
    }
    others = len({(one.photo_id, one.sha256) for one in made}) - 1
    also = f", and {others:,} near-duplicates go with it" if others else ""
    named = f"Photo {first.photo_id}" if first.photo_id else f"File {first.sha256}"
    return f"{named} {meaning[first.choice]}{also}"


COMMANDS = (decide,)
