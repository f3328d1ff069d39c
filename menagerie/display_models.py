"""What a terminal shows of models: which there are, and which one is in use."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from menagerie.learning.listing import Entry


def show_models(console: Console, dataset: str, entries: Sequence[Entry]) -> None:
    """Print a row for each model, the newest first."""
    if not entries:
        console.print(f"{dataset} has no model: `menagerie train {dataset}` makes one.")
        return
    table = Table(title=f"{dataset}: models", title_justify="left")
    for heading in ("", "model", "date, UTC", "network", "release"):
        table.add_column(heading, no_wrap=True)
    for heading in ("accuracy", "95 % interval", "photos"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("note", overflow="fold")
    for entry in entries:
        figures = ["not judged", "", ""]
        if entry.accuracy is not None and entry.interval is not None:
            low, high = entry.interval
            figures = [f"{entry.accuracy:.3f}", f"{low:.3f} to {high:.3f}", f"{entry.samples:,}"]
        date = entry.date[:16].replace("T", " ")
        mark = "champion" if entry.champion else ""
        names = [escape(text) for text in (entry.network, entry.release)]
        table.add_row(mark, entry.id, date, *names, *figures, escape(entry.note))
    console.print(table)
