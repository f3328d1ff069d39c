"""What a terminal shows of checks, and of releases that were built anew."""

from rich.console import Console
from rich.markup import escape

from menagerie.release.rebuild import Rebuilt
from menagerie.release.verifying.inspection import TOLD
from menagerie.release.verifying.verify import Verification

_MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]?[/yellow]"}


def show_verification(console: Console, found: Verification) -> None:
    """Print a line for each check, with its faults below it, and what to do."""
    for check in found.checks:
        note = check.unmade or check.note
        told = f"[dim] ({escape(note)})[/dim]" if note else ""
        console.print(
            f"{_MARKS[check.ok]} {check.name:<16}{check.seconds:>7.1f} s  {check.title}{told}"
        )
        for fault in check.faults:
            console.print(f"    {escape(fault)}")
        if check.count > TOLD:
            console.print(f"    and {check.count - TOLD:,} more")
    if found.ok:
        console.print(f"release {found.release} of {found.dataset} is whole and holds.")
        return
    faults = sum(check.count for check in found.checks)
    console.print(
        f"release {found.release} of {found.dataset} has"
        f" {faults:,} {'fault' if faults == 1 else 'faults'}. Where files of it are"
        f" damaged, `menagerie rebuild {found.dataset} {found.release}` makes them anew; stored"
        f" photos that are lost are fetched again by `menagerie refresh {found.dataset}`."
    )


def show_rebuilt(console: Console, done: Rebuilt) -> None:
    """Print which files of a release were made anew, and where it stands."""
    built = ", ".join(done.built) or "nothing"
    console.print(f"release {done.release} of {done.dataset}: {built} made anew,")
    console.print(f"{len(done.kept):,} files kept as they were; it stands in {escape(done.folder)}")
