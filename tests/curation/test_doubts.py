"""Doubts: below the threshold of the label, unless a person has spoken; and what to ask first."""

from typing import Any

import pytest
from click.testing import CliRunner

from menagerie.catalog.relevance import Showing
from menagerie.cli import cli
from menagerie.curation.doubts import ENOUGH, most_doubtful, thresholds, unfit
from menagerie.curation.reasons import Reason
from menagerie.recipe import Curation

SCORES: dict[Showing, float] = {
    **{(f"c{n:02}", "crow"): n / 100 for n in range(100)},
    **{(f"b{n:02}", "boar"): 0.5 + n / 200 for n in range(100)},
}


def names(answers: dict[Showing, bool] | None = None, **keys: Any) -> dict[str, str]:
    found = unfit(SCORES, answers or {}, Curation.model_validate(keys))
    return {sha256: reason.value for (sha256, _), reason in found.items()}


def answered(count: int, label: str = "crow") -> dict[Showing, bool]:
    return {(f"{label[0]}{99 - n}", label): True for n in range(count)}


@pytest.mark.parametrize("keys", [{"relevance": "off"}, {"relevance": "review"}])
def test_photos_are_kept_out_only_where_the_recipe_says_so(keys: dict[str, Any]) -> None:
    assert names(**keys) == {}
    assert names(**keys, doubtful_share=0.5) == {}


def test_each_label_loses_its_lowest_share() -> None:
    found = names(relevance="reject", doubtful_share=0.05)
    assert set(found) == {f"{label}{n:02}" for label in "cb" for n in range(5)}
    assert set(found.values()) == {"irrelevant"}


def test_doubtful_photos_wait_where_they_are_held() -> None:
    found = names(relevance="review", hold_doubtful=True)
    assert len(found) == 20
    assert set(found.values()) == {"awaiting_review"}


def test_a_share_of_none_drops_none() -> None:
    assert names(relevance="reject", doubtful_share=0.0) == {}


@pytest.mark.parametrize("relevance", ["off", "review", "reject"])
def test_what_a_person_decided_is_not_for_the_machine_to_say(relevance: str) -> None:
    answers = {("c00", "crow"): True, ("c99", "crow"): False}
    found = names(answers, relevance=relevance)
    assert not {"c00", "c99"} & found.keys()


def test_with_enough_decisions_a_label_passes_from_a_half() -> None:
    limits = thresholds(SCORES, answered(ENOUGH), 0.1)
    assert limits["crow"] == 0.5
    assert limits["boar"] == pytest.approx(0.55, abs=0.01)
    assert thresholds(SCORES, answered(ENOUGH - 1), 0.1)["crow"] < 0.11


def test_the_queue_begins_at_the_threshold_and_passes_over_what_is_decided() -> None:
    answers = {**answered(ENOUGH), ("c50", "crow"): False}
    queue = [showing for showing in most_doubtful(SCORES, answers, 0.1) if showing[1] == "crow"]
    assert queue[:3] == [("c49", "crow"), ("c51", "crow"), ("c48", "crow")]
    assert len(queue) == 100 - ENOUGH - 1


def test_reasons_of_relevance_are_pending_and_rejected() -> None:
    assert Reason.AWAITING_REVIEW.state == "pending"
    assert Reason.IRRELEVANT.state == "rejected"


@pytest.mark.parametrize("limit", ["0", "-1", "99999999999999999999", "many"])
def test_a_queue_of_no_length_is_a_wrong_call(limit: str) -> None:
    done = CliRunner().invoke(cli, ["queue", "animals", "--limit", limit])
    assert done.exit_code == 2
    assert "--limit" in done.output
