"""Living with releases, by the commands that people type."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from tests.flows.conftest import Workplace
from tests.flows.server import ask
from tests.flows.test_commands import refused


def crows(workplace: Workplace) -> list[str]:
    table = pq.read_table(workplace.dataset / "current/manifest.parquet").to_pylist()
    return sorted(row["photo_id"] for row in table if row["label"] == "crow")


def said(workplace: Workplace, *arguments: str) -> dict[str, Any]:
    done = workplace.run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def reject(workplace: Workplace, photo_ids: list[str]) -> None:
    head = "dataset,photo_id,sha256,label,decision,note,who,decided_at"
    rows = [f",{photo_id},,crow,reject,,," for photo_id in photo_ids]
    table = workplace.folder / "decisions.csv"
    table.write_text("\n".join([head, *rows]) + "\n")
    assert workplace.run("decide", "animals", "--import", str(table)).returncode == 0
    assert workplace.run("curate", "animals").returncode == 0


def test_a_new_release_is_listed_compared_shown_and_the_old_one_pruned(
    copied: Workplace, prefect: str
) -> None:
    first, gone = copied.release_id, crows(copied)[:3]
    reject(copied, gone)
    legacy = copied.folder / "animal.npy"
    done = copied.run("release", "animals", "--legacy", str(legacy))
    assert done.returncode == 0, done.stderr
    second = copied.release_id
    x_train, x_test, y_train, y_test = np.load(legacy, allow_pickle=True)
    assert len(x_train) + len(x_test) == len(y_train) + len(y_test)

    listed = said(copied, "releases", "animals")["releases"]
    assert [(entry["id"], entry["current"]) for entry in listed] == [(second, True), (first, False)]
    assert len(listed[1]["models"]) == 1

    page = copied.folder / "diff.html"
    document = said(copied, "diff", "animals", first[:6], "current", "--html", str(page))
    assert document == said(copied, "diff", "animals")
    assert (document["from"], document["to"]) == (first, second)
    assert set(gone) <= set(document["dropped"])
    assert {document["reasons"][photo] for photo in gone} == {"rejected_by_person"}
    assert document["moved"] == []
    assert "rejected_by_person" in page.read_text()
    artifacts = [a["data"] for a in ask(prefect, "artifacts") if a["key"] == "diff-animals"]
    assert any(f"from {first} to {second}" in text for text in artifacts)

    pruned = said(copied, "prune", "animals", "--keep", "1", "--yes")
    assert [fate["release"] for fate in pruned["kept"]] == [second, first]
    shutil.rmtree(copied.dataset / "models")
    pruned = said(copied, "prune", "animals", "--keep", "1", "--yes")
    assert [fate["release"] for fate in pruned["removed"]] == [first]
    assert said(copied, "prune", "animals", "--keep", "1", "--yes")["removed"] == []
    assert "nothing to compare" in refused(copied, 2, "diff", "animals")


def test_a_release_that_lost_too_much_needs_permission(copied: Workplace) -> None:
    first, gone = copied.release_id, crows(copied)
    reject(copied, gone[: len(gone) // 2])
    sentence = refused(copied, 1, "release", "animals")
    assert "'crow'" in sentence
    assert "--allow-drop" in sentence
    assert copied.release_id == first
    assert copied.run("release", "animals", "--allow-drop").returncode == 0
    assert copied.release_id != first


def test_photos_on_the_other_side_are_a_fault(copied: Workplace) -> None:
    before = copied.dataset / "releases" / copied.release_id
    after: Path = before.with_name("moved")
    shutil.copytree(before, after)
    table = pq.read_table(after / "manifest.parquet")
    sides = ["test" if side == "train" else "train" for side in table["split"].to_pylist()]
    place = table.column_names.index("split")
    pq.write_table(table.set_column(place, "split", [sides]), after / "manifest.parquet")
    done = copied.run("diff", "animals", before.name, "moved")
    assert done.returncode == 1
    assert f"{len(sides):,} photos stand on the other side" in done.stderr
