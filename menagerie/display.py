"""What a terminal shows: tables, bars, one summary."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from menagerie.curation.reasons import Reason, State
from menagerie.names import one_line

if TYPE_CHECKING:
    from menagerie.curation.doubts import Doubt
    from menagerie.export.run import Exported
    from menagerie.forgetting import Forgotten
    from menagerie.planning import CrawlPlan
    from menagerie.predicting import Answer
    from menagerie.rechecking import Findings
    from menagerie.status import Status

_STYLES = {State.PENDING: "yellow", State.REJECTED: "dim", State.KEPT: "green"}


class BarScreen:
    """Progress bars on standard error; where that is no terminal, a line when one is done."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<18}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._started: dict[int, tuple[str, float]] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def start(self, title: str, total: int) -> int:
        """Show a bar and return its number."""
        number = self._progress.add_task(title, total=total, note="")
        self._started[number] = (title, time.monotonic())
        return number

    def advance(self, bar: int, steps: int, note: str) -> None:
        """Move a bar on."""
        self._progress.update(TaskID(bar), advance=steps, note=escape(note))

    def say(self, sentence: str) -> None:
        """Print a line above the bars."""
        self._console.print(escape(sentence))

    def finish(self, bar: int) -> None:
        """Mark a bar as done."""
        task = self._progress.tasks[bar]
        title, started = self._started[bar]
        seconds = time.monotonic() - started
        said = f"{task.completed:,.0f} done in {seconds:.1f} s"
        self._progress.update(TaskID(bar), completed=task.total)
        if not self._console.is_terminal:
            self._console.print(f"{title}: {said if task.completed else 'nothing to do'}")


def show_queue(console: Console, doubts: "Sequence[Doubt]") -> None:
    """Print the photos that a person is to look at."""
    if not doubts:
        console.print("No photo waits for a person: none is scored, or all are decided.")
        return
    table = Table("photo", "found as", "score", "passes from")
    # An address that is cut off opens nothing.
    table.add_column("page", overflow="fold")
    for doubt in doubts:
        figures = (f"{doubt.score:.2f}", f"{doubt.threshold:.2f}")
        table.add_row(doubt.photo_id, doubt.label, *figures, escape(doubt.page_url))
    console.print(table)


def show_status(console: Console, status: "Status") -> None:
    """Print the funnel, the release, the model and the last runs."""
    console.print(_funnel(status))
    if status.release is not None and "damage" in status.release:
        console.print(
            f"release {status.release['id']} is damaged: {escape(status.release['damage'])}"
            f"\n  `menagerie release {status.dataset}` builds it anew: {status.release['path']}"
        )
    elif status.release is not None:
        console.print(
            f"release {status.release['id']}: {status.release['train']:,} to train,"
            f" {status.release['test']:,} to test with: {_shares(status.release['per_class'])}"
            f"\n  {status.release['path']}"
            f"\n  {status.release['path']}/report.html"
        )
    if status.model is not None:
        judged = "not evaluated yet"
        if status.model["damaged"]:
            judged = f"damaged; `menagerie rollback {status.dataset}` goes back to the former one"
        if status.model["accuracy"] is not None:
            low, high = status.model["interval"]
            judged = (
                f"test accuracy {status.model['accuracy']:.3f}"
                f" (95 % interval {low:.3f} to {high:.3f})"
            )
        console.print(f"model {status.model['id']}: {judged}\n  {status.model['path']}")
        if status.model["accuracy"] is not None:
            console.print(f"  {status.model['path']}/report.html")
    for one in status.coverage:
        console.print(
            f"{one.keyword}: {one.found:,} found of about {one.estimated:,} ({one.share:.1%})"
        )
    for run in status.runs:
        started = time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.started_at))
        outcome = run.outcome or "running, or ended without a word"
        console.print(f"[dim]{started} UTC  {run.stage:<9} {escape(outcome)}[/dim]")


def _shares(per_class: Mapping[str, Mapping[str, int]]) -> str:
    """Say which share of the samples each class has."""
    totals = {label: sum(counts.values()) for label, counts in per_class.items()}
    return ", ".join(f"{n / sum(totals.values()):.1%} {label}" for label, n in totals.items())


def _funnel(status: "Status") -> Table:
    table = Table(title=f"{status.dataset}: from found to kept", title_justify="left")
    for heading in ("state", "reason"):
        table.add_column(heading)
    for label in (*status.labels, "all"):
        table.add_column(label, justify="right")
    found = [
        sum(n for (name, _), n in status.counts.items() if name == label) for label in status.labels
    ]
    table.add_row("found", "", *(f"{n:,}" for n in (*found, status.found)), style="bold")
    for reason, total in status.reasons.items():
        each = [status.counts.get((label, Reason(reason)), 0) for label in status.labels]
        cells = [f"{n:,}" if n else "·" for n in (*each, total)]
        table.add_row(reason.state.value, reason.value, *cells, style=_STYLES[reason.state])
    return table


def show_findings(console: Console, found: "Findings") -> None:
    """Print what the next release of a dataset will drop, and which photos those are."""
    table = Table(title=f"{found.dataset}: what the next release will drop", title_justify="left")
    for heading in ("photos", "reason", "ids"):
        table.add_column(heading, overflow="fold")
    for reason, ids in found.drops.items():
        table.add_row(f"{len(ids):,}", reason.value, " ".join(ids))
    if table.row_count:
        console.print(table)
    held = f"release {found.release}" if found.release else "any release: there is none"
    console.print(
        f"{sum(map(len, found.drops.values())):,} photos of {held};"
        f" {sum(found.others.values()):,} that stand in none can no longer be used, either."
    )
    if found.drops:
        console.print(f"`menagerie refresh {found.dataset}` makes a release without them.")


def show_forgotten(console: Console, done: "Forgotten") -> None:
    """Print what was removed where, and which models saw it."""
    who = f"photo {done.photo}" if done.owner is None else f"owner {done.owner}"
    if not done.seen:
        before = "was forgotten before" if done.again else "was never seen here"
        console.print(f"{escape(who)} of {done.source} {before}; it is kept from coming.")
        return
    console.print(
        f"{escape(who)} of {done.source} is forgotten, and kept from coming back."
        f" Removed: photos {len(done.photos):,}, stored files {done.files:,},"
        f" tiles {done.tiles:,}, fingerprints {done.fingerprints:,}."
    )
    if done.shared:
        console.print(f"{done.shared:,} files stay: photos of others have the same bytes.")
    for release in done.releases:
        place = f"is now {release.successor}" if release.successor else "is withdrawn"
        console.print(f"release {release.release} of {release.dataset} {place}")
    for report in done.reports:
        console.print(f"removed {escape(report)}: it may have shown one of them")
    for model in done.models:
        console.print(
            f"model {model.model} of {model.dataset} was trained on them, in release"
            f" {model.release}; it stays. `menagerie refresh {model.dataset}` trains another."
        )


def show_exported(console: Console, done: "Exported") -> None:
    """Print what was exported, and where."""
    document = done.to_json()
    train, test = document["samples"]["train"], document["samples"]["test"]
    kept = f"; {done.kept:,} were there already" if done.kept else ""
    console.print(
        f"release {document['release']} of {document['dataset']} as {document['format']}:"
        f" {train:,} to train, {test:,} to test with{kept}\n  {escape(document['path'])}"
        f"\n  {escape(document['path'])}/README.md says how to read it"
    )


def show_plan(console: Console, plan: "CrawlPlan") -> None:
    """Print what a crawl would cost, keyword by keyword."""
    table = Table(title=f"{plan.dataset}: what the next crawl costs", title_justify="left")
    for heading in ("class", "keyword"):
        table.add_column(heading)
    for heading in ("estimated", "windows", "calls", "downloads", "MB"):
        table.add_column(heading, justify="right")
    for one in plan.searches:
        counts = (one.estimated, one.windows, one.search_calls, one.downloads)
        table.add_row(
            one.label, one.keyword, *(f"{n:,}" for n in counts), f"{one.bytes / 1e6:,.0f}"
        )
    console.print(table)
    console.print(
        f"{plan.search_calls:,} calls: {plan.minutes:,.1f} minutes at the hourly budget;"
        f" {plan.downloads:,} downloads, about {plan.bytes / 1e6:,.0f} MB"
    )


def show_predictions(console: Console, answers: "Sequence[Answer]") -> None:
    """Print each photo's labels, best first."""
    table = Table()
    table.add_column("photo", overflow="fold")
    for heading in ("label", "", "others"):
        table.add_column(heading)
    for answer in answers:
        prediction = answer.prediction
        if prediction is None:
            error = escape(one_line(answer.error))
            Console(stderr=True, highlight=False, soft_wrap=True).print(error)
            continue
        shares = list(prediction.probabilities.items())
        label = "none of these" if prediction.label is None else prediction.label
        best = "" if prediction.label is None else f"{prediction.probability:.1%}"
        rest = shares if prediction.label is None else shares[1:]
        others = ", ".join(f"{name} {share:.1%}" for name, share in rest)
        note = f"\n[dim]{answer.note}[/dim]" if answer.note else ""
        table.add_row(escape(one_line(answer.photo)) + note, f"[bold]{label}[/bold]", best, others)
    if table.row_count:
        console.print(table)
