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
    table = Table(title=f"{dataset}: models", title_justify="left", show_lines=True)
    # Ids must not be cut off: they are what the next command is given.
    for heading in ("model", "trained", "release", "accuracy"):
        table.add_column(heading, no_wrap=True, min_width=12)
    table.add_column("note", overflow="fold")
    for entry in entries:
        figures = "not judged"
        if entry.accuracy is not None and entry.interval is not None:
            low, high = entry.interval
            figures = f"[bold]{entry.accuracy:.3f}[/bold]\n{low:.3f} to {high:.3f}"
            figures += f"\n{entry.samples:,} photos"
        mark = f"{entry.id}\n[green]champion[/green]" if entry.champion else entry.id
        made = f"{entry.date[:10]}\n{escape(entry.network)}"
        table.add_row(mark, made, escape(entry.release), figures, escape(entry.note))
    console.print(table)
