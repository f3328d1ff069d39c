"""Artifacts for whoever watches the Prefect UI."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import (
    create_image_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from menagerie.recipe import Recipe
from menagerie.status import Status, read_status
from menagerie.workshop import open_workshop
from tasks.policies import RESUMABLE


@task(task_run_name="show the funnel of {recipe.dataset.name}", **RESUMABLE)
def show_funnel(recipe: Recipe) -> None:
    """Publish the funnel as a table."""
    status = _status(recipe)
    rows: list[dict[str, object]] = [{"photos": status.found, "state": "found", "reason": ""}]
    rows += [
        {"photos": n, "state": reason.state.value, "reason": reason.value}
        for reason, n in status.reasons.items()
    ]
    create_table_artifact(
        rows, key=f"funnel-{_key(recipe)}", description=f"Every photo found for {recipe.name}"
    )


@task(task_run_name="show the coverage of {recipe.dataset.name}", **RESUMABLE)
def show_coverage(recipe: Recipe) -> None:
    """Publish, for each keyword, how much of what there is was found."""
    rows = [
        {
            "keyword": one.keyword,
            "class": one.label,
            "found": one.found,
            "estimated": one.estimated,
            "coverage": f"{one.share:.1%}",
        }
        for one in _status(recipe).coverage
    ]
    create_table_artifact(
        rows,
        key=f"coverage-{_key(recipe)}",
        description="Photos found over the source's own estimate, which wobbles.",
    )


_PICTURES = {
    "curves": "Loss and accuracy while training",
    "confusion": "What is taken for what on the test split",
    "calibration": "How often answers are right against how sure they are",
}


@task(task_run_name="show the figures of {recipe.dataset.name}", **RESUMABLE)
def show_judgement(recipe: Recipe, judged: Mapping[str, Any]) -> None:
    """Publish the figures of a model as a table, its curves and its confusions as pictures."""
    rows: list[dict[str, object]] = [
        {"class": label, **{name: round(value, 4) for name, value in scores.items()}}
        for label, scores in judged["per_class"].items()
    ]
    low, high = judged["interval"]
    create_table_artifact(
        rows,
        key=f"metrics-{_key(recipe)}",
        description=f"Model {judged['model']}: accuracy {judged['accuracy']:.3f} on"
        f" {judged['samples']} photos (95 % interval {low:.3f} to {high:.3f})",
    )
    for name, title in _PICTURES.items():
        content = base64.b64encode((Path(judged["path"]) / f"{name}.png").read_bytes()).decode()
        create_image_artifact(
            # No server has to serve it.
            f"data:image/png;base64,{content}",
            key=f"{name}-{_key(recipe)}",
            description=f"{title}: model {judged['model']}",
        )


@task(task_run_name="report on {recipe.dataset.name}", **RESUMABLE)
def report(recipe: Recipe) -> None:
    """Publish what a refresh came to as a page."""
    create_markdown_artifact(_page(_status(recipe)), key=f"report-{_key(recipe)}")


def _status(recipe: Recipe) -> Status:
    with open_workshop() as shop:
        return read_status(shop.catalog, recipe, shop.settings.dataset_dir(recipe.name))


def _page(status: Status) -> str:
    lines = [f"# {status.dataset}", "", "| photos | state | reason |", "|--:|---|---|"]
    lines += [f"| **{status.found}** | **found** | |"]
    lines += [f"| {n} | {r.state.value} | `{r.value}` |" for r, n in status.reasons.items()]
    if status.release:
        release = status.release
        lines += [
            "",
            f"Release `{release['id']}`: {release['train']} photos to train and"
            f" {release['test']} to test with, in `{release['path']}`.",
        ]
    if status.model and status.model["accuracy"] is not None:
        low, high = status.model["interval"]
        lines += [
            "",
            f"Model `{status.model['id']}`: test accuracy **{status.model['accuracy']:.3f}**"
            f" (95 % interval {low:.3f} to {high:.3f}), in `{status.model['path']}`.",
        ]
    return "\n".join(lines) + "\n"


def _key(recipe: Recipe) -> str:
    return recipe.name.replace("_", "-")
