"""What a terminal shows of models: which there are, which one is in use, how good one is."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from menagerie.learning.listing import Entry
from menagerie.learning.metrics import Metrics


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


def show_metrics(console: Console, metrics: Metrics) -> None:
    """Print an accuracy with its interval, and each class."""
    document = metrics.to_json()
    low, high = document["interval"]
    skipped = f"; {document['skipped']} could not be used" if document["skipped"] else ""
    console.print(
        f"accuracy [bold]{document['accuracy']:.3f}[/bold] (95 % interval {low:.3f} to {high:.3f})"
        f" on {document['samples']:,} photos{skipped}"
    )
    table = Table()
    table.add_column("class")
    for heading in ("photos", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    for label, row in document["per_class"].items():
        scores = [f"{row[name]:.3f}" for name in ("precision", "recall", "f1")]
        table.add_row(label, f"{row['samples']:,}", *scores)
    console.print(table)
    for line in _beyond_accuracy(metrics):
        console.print(line)
    console.print(f"model {document['model']} of release {document['release']}")


def _beyond_accuracy(metrics: Metrics) -> list[str]:
    """Say what else is known of a model, as far as it is."""
    lines = []
    left_out = (
        (metrics.left_out, "the model was trained on them"),
        (metrics.copies, "they have the bytes of others, which count once"),
        (metrics.cross_label, "the same bytes are there under several classes"),
    )
    lines += [f"{count:,} photos left out: {why}" for count, why in left_out if count]
    if metrics.top_k:
        shares = ", ".join(f"{share:.3f} among {k}" for k, share in metrics.top_k.items())
        lines.append(f"true class among the best: {shares}")
    found = metrics.calibration
    if "ece_scaled" in found:
        lines.append(
            f"calibration error {found['ece']:.3f}, {found['ece_scaled']:.3f} after scaling by"
            f" temperature {found['temperature']:.2f}"
        )
        lines.append(
            f"none of these below {found['threshold']:.3f}: {found['answered']:.1%} answered,"
            f" {found['accuracy_answered']:.1%} of them rightly"
        )
    return lines
