"""Artifacts about a model: its figures, its curves, and how it did against the champion."""

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
from tasks.linking import report_link
from tasks.policies import RESUMABLE

_PICTURES = {
    "curves": "Loss and accuracy while training",
    "confusion": "What is taken for what on the test split",
    "calibration": "How often answers are right against how sure they are",
}


@task(task_run_name="show the figures of {recipe.dataset.name}", **RESUMABLE)
def show_judgement(recipe: Recipe, judged: Mapping[str, Any]) -> dict[str, Any]:
    """Publish the figures of a model as a table and pictures, and how it stands to the champion."""
    rows: list[dict[str, object]] = [
        {"class": label, **{name: round(value, 4) for name, value in scores.items()}}
        for label, scores in judged["per_class"].items()
    ]
    low, high = judged["interval"]
    key = recipe.name.replace("_", "-")
    create_table_artifact(
        rows,
        key=f"metrics-{key}",
        description=f"Model {judged['model']}: accuracy {judged['accuracy']:.3f} on"
        f" {judged['samples']} photos (95 % interval {low:.3f} to {high:.3f})",
    )
    for name, title in _PICTURES.items():
        content = base64.b64encode((Path(judged["path"]) / f"{name}.png").read_bytes()).decode()
        create_image_artifact(
            # No server has to serve it.
            f"data:image/png;base64,{content}",
            key=f"{name}-{key}",
            description=f"{title}: model {judged['model']}",
        )
    create_markdown_artifact(
        _standing(recipe.name, judged),
        key=f"champion-{key}",
        description=f"Model {judged['model']} against the champion of {recipe.name}",
    )
    figures = ("model", "release", "samples", "accuracy", "interval", "is_champion", "why")
    return {name: judged[name] for name in figures}


def _standing(dataset: str, judged: Mapping[str, Any]) -> str:
    low, high = judged["interval"]
    outcome = "is the champion" if judged["is_champion"] else "is not the champion"
    lines = [
        f"# Model `{judged['model']}` {outcome} of {dataset}",
        f"Accuracy **{judged['accuracy']:.3f}** (95 % interval {low:.3f} to {high:.3f}) on"
        f" {judged['samples']:,} photos of the test split of release `{judged['release']}`.",
    ]
    if compared := judged["compared"]:
        lines.append(
            "| on the same photos | model | champion |\n|---|--:|--:|\n"
            f"| named rightly | {compared['accuracy']:.3f} | {compared['champion_accuracy']:.3f} |"
            f"\n| by it alone | {compared['only_model']:,} | {compared['only_champion']:,} |"
            f"\n\n{compared['samples']:,} photos that neither was trained on; one as good as the"
            f" champion, `{compared['champion']}`, comes off so badly with probability"
            f" {compared['p_worse']:.3f}."
        )
    if judged["why"]:
        lines.append(f"{'Promoted' if judged['is_champion'] else 'Not promoted'}: {judged['why']}.")
    lines += [
        report_link(dataset, "models", judged["model"]),
        f"Folder: `{judged['path']}`. Another champion: `menagerie promote {dataset} MODEL`, or"
        f" `menagerie rollback {dataset}`.",
    ]
    return "\n\n".join(lines) + "\n"
