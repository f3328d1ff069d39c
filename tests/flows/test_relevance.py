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


@pytest.fixture
def collected(workplace: Workplace) -> Workplace:
    done = workplace.run("collect", "animals")
    assert done.returncode == 0, done.stderr
    return workplace


def curate(workplace: Workplace, relevance: str) -> None:
    workplace.write_recipe(relevance=relevance)
    done = workplace.run("curate", "animals")
    assert done.returncode == 0, done.stderr


def test_relevance_is_told_once_and_acted_on_as_the_recipe_says(collected: Workplace) -> None:
    curate(collected, "off")
    kept = reasons(collected)["accepted"]
    assert collected.count(EMBEDDED) == 0
    curate(collected, "review")
    assert collected.count(EMBEDDED) == collected.count(SCORED) == kept
    assert reasons(collected)["accepted"] == kept
    before = blocks(collected)
    curate(collected, "reject")
    assert 0.05 * kept < reasons(collected)["irrelevant"] < 0.15 * kept
    assert blocks(collected) == before
    curate(collected, "off")
    assert reasons(collected)["accepted"] == kept


def test_a_killed_curate_goes_on_where_it_was(collected: Workplace) -> None:
    collected.write_recipe(relevance="review")
    collected.kill_when(["curate", "animals"], lambda: collected.count(EMBEDDED) > 0)
    done, before = collected.count(EMBEDDED), blocks(collected)
    assert collected.count(SCORED) == 0
    curate(collected, "review")
    kept = reasons(collected)["accepted"]
    assert 0 < done < collected.count(EMBEDDED) == collected.count(SCORED) == kept
    recorded = "SELECT count(DISTINCT block) FROM embeddings"
    assert len(blocks(collected)) == collected.count(recorded)
    assert before.items() <= blocks(collected).items()


def test_the_queue_shows_the_most_doubtful_first(collected: Workplace) -> None:
    curate(collected, "review")
    done = collected.run("queue", "animals", "--limit", "5", "--json")
    queue = json.loads(done.stdout)["queue"]
    assert len(queue) == 5
    doubts = [photo["doubt"] for photo in queue]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] > 0.9
