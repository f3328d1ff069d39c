"""Artifacts for whoever watches the Prefect UI: where a dataset stands, and how that changed."""

import json
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from menagerie.catalog.budget import CALLS_AN_HOUR, CallBudget
from menagerie.recipe import Recipe
from menagerie.status import Status, read_status
from menagerie.workshop import open_workshop
from tasks.linking import report_link, review_link
from tasks.policies import RESUMABLE
from tasks.telling import began

_LOOK_BACK = 20


@task(task_run_name="show the funnel of {recipe.dataset.name}", **RESUMABLE)
def show_funnel(recipe: Recipe) -> dict[str, Any]:
    """Publish the funnel, and what changed since the last run, as a table; return its figures."""
    status = _status(recipe)
    key = f"funnel-{_key(recipe)}"
    counts = [("found", "", status.found)]
    counts += [(reason.state.value, reason.value, n) for reason, n in status.reasons.items()]
    last = _last_funnel(key)
    rows = [
        {"photos": n, "change": _change(n, last, state, reason), "state": state, "reason": reason}
        for state, reason, n in counts
    ]
    gone = last.keys() - {(state, reason) for state, reason, _ in counts}
    rows += [
        {"photos": 0, "change": f"-{last[each]:,}", "state": each[0], "reason": each[1]}
        for each in sorted(gone)
    ]
    since = ", and what changed since the last run" if last else ""
    create_table_artifact(rows, key=key, description=f"Every photo found for {recipe.name}{since}")
    return {
        "found": status.found,
        "states": {state.value: n for state, n in status.states.items()},
        "reasons": {reason.value: n for reason, n in status.reasons.items()},
    }


def _last_funnel(key: str) -> dict[tuple[str, str], int]:
    """Return the last funnel that was shown before this run began, by state and reason."""
    with get_client(sync_client=True) as client:
        shown = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])),
            sort=ArtifactSort.CREATED_DESC,
            limit=_LOOK_BACK,
        )
    for one in shown:
        if one.created is not None and one.created < began():
            rows = json.loads(str(one.data))
            return {(row["state"], row["reason"]): row["photos"] for row in rows}
    return {}


def _change(n: int, last: dict[tuple[str, str], int], state: str, reason: str) -> str:
    if not last:
        return ""
    change = n - last.get((state, reason), 0)
    return f"{change:+,}" if change else "="


@task(task_run_name="show the coverage of {recipe.dataset.name}", **RESUMABLE)
def show_coverage(recipe: Recipe) -> None:
    """Publish how much of what there is was found, keyword by keyword, and the calls left."""
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
        description="Photos found over the source's own estimate, which wobbles."
        + _calls_left(recipe),
    )


def _calls_left(recipe: Recipe) -> str:
    with open_workshop() as shop:
        key = shop.settings.flickr_api_key
        if recipe.source.kind != "flickr" or key is None:
            return ""
        left = CallBudget(shop.catalog, key.get_secret_value()).left()
    return f" Of the {CALLS_AN_HOUR:,} calls that the key has in an hour, {left:,} are left."


@task(task_run_name="report on {recipe.dataset.name}", **RESUMABLE)
def report(recipe: Recipe) -> dict[str, Any]:
    """Publish what a refresh came to as a page; return its figures."""
    status = _status(recipe)
    create_markdown_artifact(
        _page(status),
        key=f"report-{_key(recipe)}",
        description=f"What the refresh of {recipe.name} came to",
    )
    return {
        "found": status.found,
        "states": {state.value: n for state, n in status.states.items()},
        "release": status.release["id"] if status.release else None,
        "model": status.model["id"] if status.model else None,
        "accuracy": status.model["accuracy"] if status.model else None,
    }


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
            f" {release['test']} to test with, in `{release['path']}`."
            f" {report_link(status.dataset, 'releases', release['id'])}.",
        ]
    if status.model and status.model["accuracy"] is not None:
        low, high = status.model["interval"]
        lines += [
            "",
            f"Model `{status.model['id']}`: test accuracy **{status.model['accuracy']:.3f}**"
            f" (95 % interval {low:.3f} to {high:.3f}), in `{status.model['path']}`."
            f" {report_link(status.dataset, 'models', status.model['id'])}.",
        ]
    lines += ["", f"{review_link(status.dataset)}."]
    return "\n".join(lines) + "\n"


def _key(recipe: Recipe) -> str:
    return recipe.name.replace("_", "-")
