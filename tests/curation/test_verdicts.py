"""One verdict for every photo, whatever the order they come in."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.catalog.curation import FileFacts, Verdict
from menagerie.catalog.photos import Candidate
from menagerie.curation.reasons import Reason
from menagerie.curation.verdicts import PLACEHOLDER_OWNERS, judge
from tests.builders import candidate, facts, recipe


def reasons(photos: list[Candidate], known: dict[int, FileFacts], **keys: Any) -> dict[int, str]:
    return {v.key: v.reason.value for v in judge(photos, known, recipe(**keys))}


def one(known: FileFacts | None = None, **changes: Any) -> str:
    return reasons([candidate(1, **changes)], {1: known or facts(1)})[1]


def test_a_sound_photo_is_accepted() -> None:
    assert one() == "accepted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"license": "all-rights-reserved"}, "license"),
        ({"license": "unknown"}, "license"),
        ({"media": "video"}, "not_a_photo"),
        ({"tags": "crow no_cv bird"}, "opted_out"),
        ({"tags": "NoCV"}, "opted_out"),
        ({"labels": ("boar", "monkey")}, "cross_label"),
        ({"fetchable": False}, "no_rendition"),
        ({"gone": True}, "gone"),
    ],
)
def test_the_record_alone_can_reject(changes: dict[str, Any], reason: str) -> None:
    assert one(**changes) == reason


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"width": 74}, "too_small"),
        ({"width": 800, "height": 200}, "odd_aspect"),
        ({"brightness": 0.07}, "dark"),
        ({"brightness": 0.95}, "bright"),
        ({"contrast": 0.02}, "blank"),
        ({"sharpness": 0.05}, "blurred"),
    ],
)
def test_figures_can_reject(figures: dict[str, Any], reason: str) -> None:
    assert one(facts(1, **figures)) == reason


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (FileFacts(None, Reason.GONE, None), "gone"),
        (FileFacts(None, Reason.DOWNLOAD_FAILED, None), "download_failed"),
        (FileFacts("a" * 64, None, None), "awaiting_decode"),
        (FileFacts("a" * 64, Reason.BROKEN, None), "broken"),
    ],
)
def test_a_file_can_reject_or_keep_waiting(known: FileFacts, reason: str) -> None:
    assert one(known) == reason


def test_a_photo_without_a_file_waits_for_its_verdict() -> None:
    assert reasons([candidate(1)], {}) == {}


def test_of_the_same_bytes_the_earliest_upload_is_kept() -> None:
    photos = [candidate(1, uploaded_at=200), candidate(2, uploaded_at=100)]
    verdicts = list(judge(photos, {1: facts(5), 2: facts(5)}, recipe()))
    assert Verdict(1, Reason.DUPLICATE, instead_key=2, group_key=2) in verdicts
    assert {v.key for v in verdicts if v.reason is Reason.ACCEPTED} == {2}


def test_of_near_duplicates_the_one_with_most_pixels_is_kept() -> None:
    small, large = facts(5), facts(5, width=640, height=480)
    large = FileFacts("b" * 64, None, large.fingerprint)
    assert reasons([candidate(1), candidate(2)], {1: small, 2: large}) == {
        1: "near_duplicate",
        2: "accepted",
    }


def test_one_picture_under_two_labels_is_kept_under_none() -> None:
    photos = [candidate(1, labels=("monkey",)), candidate(2, labels=("crow",))]
    assert reasons(photos, {1: facts(5), 2: facts(5)}) == {1: "cross_label", 2: "cross_label"}


def test_the_same_bytes_of_many_owners_are_a_placeholder() -> None:
    photos = [candidate(n) for n in range(PLACEHOLDER_OWNERS)]
    known = {n: facts(5) for n in range(PLACEHOLDER_OWNERS)}
    assert set(reasons(photos, known).values()) == {"placeholder"}


def test_the_oldest_photos_of_an_owner_stay() -> None:
    oldest_first = [candidate(n, owner="1@N00", uploaded_at=100 + n) for n in range(3)]
    known = {n: facts(n) for n in range(3)}
    judged = reasons(oldest_first, known, source={"max_per_owner": 2})
    assert judged == {0: "accepted", 1: "accepted", 2: "owner_over_cap"}


@given(st.lists(st.integers(0, 6), max_size=25), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_everyone_is_judged_once(
    pictures: list[int], chance: random.Random
) -> None:
    photos = [
        candidate(n, owner=f"{n % 5}@N00", labels=("crow",) if p == 6 else ("monkey",))
        for n, p in enumerate(pictures)
    ]
    known = {n: facts(p) for n, p in enumerate(pictures)}
    shuffled = list(photos)
    chance.shuffle(shuffled)
    verdicts = list(judge(photos, known, recipe()))
    assert sorted(v.key for v in verdicts) == [photo.key for photo in photos]
    assert set(judge(shuffled, known, recipe())) == set(verdicts)
    accepted = [pictures[v.key] for v in verdicts if v.reason is Reason.ACCEPTED]
    assert len(accepted) == len(set(accepted))


def test_photos_whose_owner_nobody_knows_have_no_cap_and_are_no_placeholder() -> None:
    same = {key: facts(1) for key in range(1, 31)}
    photos = [candidate(key, owner="") for key in same]
    found = list(reasons(photos, same).values())
    assert (found.count("accepted"), found.count("duplicate")) == (1, 29)


def test_of_the_same_picture_the_given_test_photo_is_kept() -> None:
    photos = [candidate(1, given_side="train"), candidate(2, given_side="test")]
    smaller = replace(facts(1, width=90), sha256="2" * 64)
    assert reasons(photos, {1: facts(1), 2: smaller}) == {1: "near_duplicate", 2: "accepted"}


def judged(unfit: dict[tuple[str, str], Reason], **changes: Any) -> dict[int, str]:
    photos = [candidate(1), candidate(2, **changes)]
    known = {1: facts(1), 2: facts(1)}
    return {v.key: v.reason.value for v in judge(photos, known, recipe(), unfit)}


def test_what_nothing_else_speaks_against_must_be_relevant() -> None:
    unfit = {(facts(1).sha256 or "", "monkey"): Reason.IRRELEVANT}
    assert judged(unfit) == {1: "irrelevant", 2: "duplicate"}


def test_a_photo_is_irrelevant_to_one_label_and_not_to_another() -> None:
    unfit = {(facts(1).sha256 or "", "crow"): Reason.IRRELEVANT}
    assert judged(unfit) == {1: "accepted", 2: "duplicate"}
