"""Tasks of the release stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact

from menagerie.errors import ReleaseError
from menagerie.history import current_id
from menagerie.recipe import Recipe
from menagerie.release.arrays import read_classes, read_samples
from menagerie.release.differences import KINDS, Differences, compare
from menagerie.release.publish import publish_release
from menagerie.release.sharing import share_release
from menagerie.workshop import open_workshop
from tasks.linking import report_link, review_link
from tasks.policies import RESUMABLE
from tasks.telling import PUBLISHED, mark_run, tell

_FIRST = 10


@dataclass(frozen=True, slots=True)
class Published:
    """The folder of a release, and of the one that was current before it, if another.

    `is_new` is False where the very release was current already.
    """

    release: Path
    before: Path | None
    is_new: bool


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
    is_new = last != made.name
    return Published(made, folder / "releases" / last if is_new and last else None, is_new)


@task(task_run_name="show the release of {recipe.dataset.name}", **RESUMABLE)
def show_release(recipe: Recipe, published: Published) -> dict[str, Any]:
    """Publish what a release holds and the proof of its split; return its figures."""
    folder = published.release
    labels = read_classes(folder)
    sides = {split: read_samples(folder, split).y for split in ("train", "test")}
    per_class = {
        label: {split: int((y == number).sum()) for split, y in sides.items()}
        for number, label in enumerate(labels)
    }
    create_markdown_artifact(
        _release_page(recipe.name, folder, per_class),
        key=f"release-{recipe.name.replace('_', '-')}",
        description=f"Release {folder.name} of {recipe.name}"
        + ("" if published.is_new else ", the same as before"),
    )
    return {
        "release": folder.name,
        "before": published.before.name if published.before else None,
        "new": published.is_new,
        "path": str(folder.resolve()),
        "train": len(sides["train"]),
        "test": len(sides["test"]),
        "per_class": per_class,
    }


def announce(recipe: Recipe, told: Mapping[str, Any]) -> None:
    """Say in an event and in this run's name and tags that a release is there.

    It is said again of a release that was current already: whoever was to train on it may have
    been killed before it heard, and does nothing where nothing is missing.
    """
    mark_run(f"release:{told['release']}", name=f"release {recipe.name} {told['release']}")
    tell(recipe.name, PUBLISHED, told, new=told["new"])


def _release_page(dataset: str, folder: Path, per_class: Mapping[str, Mapping[str, int]]) -> str:
    rows = [(label, f"{n['train']:,}", f"{n['test']:,}") for label, n in per_class.items()]
    proof = [
        line
        for line in (folder / "README.md").read_text(encoding="utf-8").splitlines()
        if "stand on both sides" in line
    ]
    lines = [
        f"# {dataset}: release `{folder.name}`",
        _table(("class", "train", "test"), rows),
        *proof,
        f"{report_link(dataset, 'releases', folder.name)} · {review_link(dataset)}",
        f"Folder: `{folder.resolve()}`, with `report.html` and `CREDITS.html`.",
        f"Check it: `menagerie verify {dataset}`.",
    ]
    return "\n\n".join(lines) + "\n"


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
    same = not found.counts
    lines = [
        f"# {dataset}: from {before} to {after}",
        f"{found.samples[0]:,} samples before, {found.samples[1]:,} now.",
        f"**{len(found.moved):,} photos stand on the other side of the split.**"
        if found.moved
        else "",
        "The same photos stand in both, in the same places. Their arrays or tables differ."
        if same
        else _table(("change", "class", "what", "photos"), counts),
        "" if same else f"The first {_FIRST} of each:",
        "" if same else _table(("change", "photo", "class", "what"), first),
        f"All of them: `menagerie diff {dataset} {before} {after}`",
    ]
    return "\n\n".join(filter(None, lines)) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
