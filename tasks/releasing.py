"""Tasks of the release stage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact

from menagerie.errors import ReleaseError
from menagerie.history import current_id
from menagerie.recipe import Recipe
from menagerie.release.differences import KINDS, Differences, compare
from menagerie.release.publish import publish_release
from menagerie.release.sharing import share_release
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE

_FIRST = 10


@dataclass(frozen=True, slots=True)
class Published:
    """The folder of a release, and of the one that was current before it, if another."""

    release: Path
    before: Path | None


@task(task_run_name="publish {recipe.dataset.name}", **RESUMABLE)
def publish(recipe: Recipe, allow_drop: bool = False) -> Published:
    """Build a release of what is judged and make it current."""
    with open_workshop() as shop:
        settings = shop.settings
        folder = settings.dataset_dir(recipe.name)
        last = current_id(folder)
        made = publish_release(
            shop.catalog, recipe, folder, settings.blocks_root, allow_drop=allow_drop
        )
        share_release(settings, made)
    is_new = last is not None and last != made.name
    return Published(made, folder / "releases" / last if is_new and last else None)


@task(task_run_name="show what changed in {recipe.dataset.name}", **RESUMABLE)
def show_differences(recipe: Recipe, published: Published) -> None:
    """Publish what changed since the release before, if this is another."""
    if published.before is None:
        return
    try:
        found = compare(published.before, published.release)
    except ReleaseError:
        # The one before is damaged, which is no reason to call this one failed.
        return
    create_markdown_artifact(
        _page(recipe.name, found),
        key=f"diff-{recipe.name.replace('_', '-')}",
        description=f"What changed in {recipe.name} since the release before",
    )


def _page(dataset: str, found: Differences) -> str:
    before, after = found.before.name, found.after.name
    counts = [(*what, f"{n:,}") for what, n in found.counts.items()]
    first = [
        (kind, f"`{change.photo_id}`", change.label, change.what)
        for kind in KINDS
        for change in found.changes[kind][:_FIRST]
    ]
    lines = [
        f"# {dataset}: from {before} to {after}",
        f"{found.samples[0]:,} samples before, {found.samples[1]:,} now.",
        f"**{len(found.moved):,} photos stand on the other side of the split.**"
        if found.moved
        else "",
        _table(("change", "class", "what", "photos"), counts),
        f"The first {_FIRST} of each:",
        _table(("change", "photo", "class", "what"), first),
        f"All of them: `menagerie diff {dataset} {before} {after}`",
    ]
    return "\n\n".join(filter(None, lines)) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
