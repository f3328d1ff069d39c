"""The commands about champions, and what a refresh shows of a model."""

import json
import shutil
from pathlib import Path

import pytest

from tests.flows.conftest import Workplace
from tests.flows.server import ask


@pytest.fixture
def two(refreshed: Workplace, workplace: Workplace) -> Workplace:
    """A workplace with a champion and, as 0ther, a copy of it."""
    refreshed.copy_to(workplace.folder)
    shutil.copytree((workplace.dataset / "champion").resolve(), other(workplace))
    return workplace


def other(workplace: Workplace) -> Path:
    return workplace.dataset / "models/0ther"


def listed(workplace: Workplace) -> dict[str, bool]:
    done = workplace.run("models", "animals", "--json")
    assert done.returncode == 0, done.stderr
    return {entry["id"]: entry["champion"] for entry in json.loads(done.stdout)["models"]}


def test_the_first_model_is_champion_and_listed_with_its_accuracy(refreshed: Workplace) -> None:
    (entry,) = json.loads(refreshed.run("models", "animals", "--json").stdout)["models"]
    assert (entry["champion"], entry["release"]) == (True, refreshed.release_id)
    assert entry["interval"][0] <= entry["accuracy"] <= entry["interval"][1]
    assert entry["judged_on"] == refreshed.release_id
    assert entry["id"] in refreshed.run("models", "animals").stdout
    (line,) = (refreshed.dataset / "champions.jsonl").read_text().splitlines()
    assert json.loads(line)["why"] == "there was no champion"


def test_a_model_is_promoted_and_rolled_back(two: Workplace) -> None:
    first = (two.dataset / "champion").resolve().name
    done = two.run("promote", "animals", "0th", "--reason", "a try")
    assert (done.returncode, done.stdout) == (
        0,
        f"0ther is now the champion of animals; it was {first}.\n",
    )
    assert listed(two) == {"0ther": True, first: False}
    assert "already" in two.run("promote", "animals", "0ther").stdout
    done = two.run("rollback", "animals")
    assert (done.returncode, listed(two)) == (0, {"0ther": False, first: True})


def test_what_cannot_be_promoted_or_gone_back_to_is_said_so(two: Workplace) -> None:
    for arguments, said in (
        (["promote", "animals", "nothing"], "There is no model 'nothing'"),
        (["rollback", "animals"], "has no former one"),
        (["models", "fungi"], "no dataset 'fungi'"),
    ):
        done = two.run(*arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_the_figures_of_a_model_are_artifacts(prefect: str, refreshed: Workplace) -> None:
    shown = {artifact["key"]: artifact for artifact in ask(prefect, "artifacts")}
    model = (refreshed.dataset / "champion").resolve().name
    assert model in shown["metrics-animals"]["description"]
    rows = json.loads(shown["metrics-animals"]["data"])
    assert {row["class"] for row in rows} == {"monkey", "boar", "crow"}
    for name in ("curves", "confusion", "calibration"):
        assert shown[f"{name}-animals"]["type"] == "image"
        assert shown[f"{name}-animals"]["data"].startswith("data:image/png;base64,iVBOR")
