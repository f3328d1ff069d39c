"""What a terminal shows of releases: which there are, what changed, what was removed."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from menagerie.history import Entry
from menagerie.pruning import Pruning
from menagerie.release.differences import KINDS, Differences

_FIRST = 10


def show_releases(console: Console, dataset: str, entries: Sequence[Entry]) -> None:
    """Print a row for each release, the newest first."""
    if not entries:
        console.print(f"{dataset} has no release: `menagerie refresh {dataset}` makes one.")
        return
    table = Table(title=f"{dataset}: releases", title_justify="left")
    for heading in ("", "release", "date, UTC"):
        table.add_column(heading, no_wrap=True)
    for heading in ("train", "test", "MB"):
        table.add_column(heading, justify="right")
    for heading in ("models", "note"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        counts = f"{entry.train:,}", f"{entry.test:,}", f"{entry.bytes / 1e6:,.1f}"
        mark = "current" if entry.current else ""
        date = entry.date[:16].replace("T", " ")
        models = " ".join(entry.models)
        table.add_row(mark, entry.id, date, *counts, models, escape(entry.note))
    console.print(table)


def show_differences(console: Console, found: Differences) -> None:
    """Print how many photos changed, by kind, class and reason, and the first of each kind."""
    console.print(
        f"from {found.before.name} ({found.samples[0]:,} samples)"
        f" to {found.after.name} ({found.samples[1]:,} samples): "
        + ", ".join(f"{len(found.changes[kind]):,} {kind}" for kind in KINDS)
    )
    if not found.counts:
        return
    table = Table()
    for heading in ("change", "class", "what"):
        table.add_column(heading)
    table.add_column("photos", justify="right")
    for (kind, label, what), n in found.counts.items():
        table.add_row(kind, label, what, f"{n:,}", style="bold red" if kind == "moved" else "")
    console.print(table)
    console.print(_first(found))


def _first(found: Differences) -> Table:
    table = Table(title=f"the first {_FIRST} of each", title_justify="left")
    for heading in ("change", "photo", "class", "what"):
        table.add_column(heading, overflow="fold")
    for kind in KINDS:
        for change in found.changes[kind][:_FIRST]:
            cells = change.photo_id, change.label, change.what
            table.add_row(kind, *map(escape, cells))
    return table


def show_pruning(console: Console, plan: Pruning) -> None:
    """Print what was removed and kept, and why."""
    table = Table(title=f"{plan.dataset}: releases", title_justify="left")
    for heading in ("", "release", "date, UTC", "MB"):
        table.add_column(heading, justify="right" if heading == "MB" else "left", no_wrap=True)
    table.add_column("why", overflow="fold")
    for done, fates in (("removed", plan.removed), ("kept", plan.kept)):
        for fate in fates:
            date = fate.date[:16].replace("T", " ")
            table.add_row(done, fate.release, date, f"{fate.bytes / 1e6:,.1f}", fate.why)
    if table.row_count:
        console.print(table)
    console.print(f"{len(plan.removed):,} removed, {plan.freed / 1e6:,.1f} MB freed.")
