"""Relevance in the curate flow: told once, killed and gone on with, acted on as the recipe says."""

import json
from pathlib import Path

import pytest

from tests.flows.conftest import Workplace


def reasons(workplace: Workplace) -> dict[str, int]:
    status = json.loads(workplace.run("status", "animals", "--json").stdout)
    found: dict[str, int] = status["reasons"]
    return found


def blocks(workplace: Workplace) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in workplace.home.glob("embeddings/*/*.npy")}


EMBEDDED = "SELECT count(*) FROM embeddings"
SCORED = "SELECT count(*) FROM scores"


def curate(workplace: Workplace, relevance: str) -> None:
    workplace.write_recipe(relevance=relevance)
    done = workplace.run("curate", "animals")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory, refreshed: Workplace) -> Workplace:
    """Return a workplace whose photos are embedded and scored; not to be changed."""
    assert refreshed.count(EMBEDDED) == 0
    made = Workplace(tmp_path_factory.mktemp("reviewed"), refreshed.url)
    refreshed.copy_to(made.folder)
    curate(made, "review")
    return made


def test_relevance_is_told_once_and_acted_on_as_the_recipe_says(
    reviewed: Workplace, refreshed: Workplace, workplace: Workplace
) -> None:
    kept = reasons(refreshed)["accepted"]
    assert reviewed.count(EMBEDDED) == reviewed.count(SCORED) == kept
    assert reasons(reviewed)["accepted"] == kept
    reviewed.copy_to(workplace.folder)
    before = blocks(workplace)
    curate(workplace, "reject")
    assert 0.05 * kept < reasons(workplace)["irrelevant"] < 0.15 * kept
    assert blocks(workplace) == before
    curate(workplace, "off")
    assert reasons(workplace)["accepted"] == kept


def test_a_killed_curate_goes_on_where_it_was(copied: Workplace) -> None:
    copied.write_recipe(relevance="review")
    copied.kill_when(["curate", "animals"], lambda: copied.count(EMBEDDED) > 0)
    done, before = copied.count(EMBEDDED), blocks(copied)
    assert copied.count(SCORED) == 0
    curate(copied, "review")
    kept = reasons(copied)["accepted"]
    assert 0 < done < copied.count(EMBEDDED) == copied.count(SCORED) == kept
    recorded = "SELECT count(DISTINCT block) FROM embeddings"
    assert len(blocks(copied)) == copied.count(recorded)
    assert before.items() <= blocks(copied).items()


def test_the_queue_shows_the_most_doubtful_first(reviewed: Workplace) -> None:
    done = reviewed.run("queue", "animals", "--limit", "5", "--json")
    queue = json.loads(done.stdout)["queue"]
    assert len(queue) == 5
    doubts = [photo["doubt"] for photo in queue]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] > 0.9
