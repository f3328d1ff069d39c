"""One verdict for every photo, whatever the order they come in."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.catalog.curation import FileFacts, Verdict, unpack_thumbs
from menagerie.catalog.photos import Candidate
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import Choice
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
        ({"brightness": 0.05}, "dark"),
        ({"brightness": 0.98}, "bright"),
        ({"contrast": 0.02}, "blank"),
        ({"entropy": 0.9}, "low_information"),
        ({"sharpness": 0.05}, "blurred"),
        ({"text_likeness": 1.1}, "text"),
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


KEEP, LABEL, REJECT = Choice.KEEP, Choice.LABEL, Choice.REJECT


@pytest.mark.parametrize("choice", [KEEP, LABEL])
@pytest.mark.parametrize(
    "figures",
    [{"width": 74}, {"height": 80}, {"brightness": 0.0}, {"contrast": 0.0}, {"sharpness": 0.0}],
)
def test_a_person_outranks_the_figures(figures: dict[str, Any], choice: Choice) -> None:
    assert one(facts(1, **figures), choice=choice) == "accepted"


@pytest.mark.parametrize("changes", [{}, {"labels": ("boar", "monkey")}])
def test_a_photo_that_a_person_rejects_is_left_out(changes: dict[str, Any]) -> None:
    assert one(choice=REJECT, **changes) == "rejected_by_person"


@pytest.mark.parametrize(
    ("changes", "known", "reason"),
    [
        ({"license": "all-rights-reserved"}, facts(1), "license"),
        ({"tags": "no_cv"}, facts(1), "opted_out"),
        ({"media": "video"}, facts(1), "not_a_photo"),
        ({"gone": True}, facts(1), "gone"),
        ({"fetchable": False}, facts(1), "no_rendition"),
        ({}, FileFacts(None, Reason.REFUSED, None), "refused"),
        ({}, FileFacts("a" * 64, Reason.BROKEN, None), "broken"),
        ({}, FileFacts("a" * 64, Reason.BOMB, None), "bomb"),
        ({}, FileFacts("a" * 64, Reason.PLACEHOLDER, None), "placeholder"),
        ({}, FileFacts("a" * 64, None, None), "awaiting_decode"),
    ],
)
def test_a_person_does_not_outrank_the_law_nor_a_file_that_is_none(
    changes: dict[str, Any], known: FileFacts, reason: str
) -> None:
    assert one(known, choice=KEEP, **changes) == reason


def test_a_person_does_not_make_a_photo_of_the_bytes_of_many_owners() -> None:
    photos = [candidate(n, choice=KEEP) for n in range(PLACEHOLDER_OWNERS)]
    known = {n: facts(5) for n in range(PLACEHOLDER_OWNERS)}
    assert set(reasons(photos, known).values()) == {"placeholder"}


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


def other_file(of: FileFacts, sha256: str = "b" * 64) -> FileFacts:
    """Return another file of the same picture."""
    return replace(of, sha256=sha256)


def test_of_the_same_bytes_one_is_kept_though_a_person_keeps_both() -> None:
    photos = [candidate(1, choice=KEEP), candidate(2, choice=KEEP)]
    assert reasons(photos, {1: facts(5), 2: facts(5)}) == {1: "accepted", 2: "duplicate"}


def test_a_near_duplicate_that_a_person_keeps_is_kept_in_the_place_of_the_other() -> None:
    known = {1: facts(5, width=640), 2: other_file(facts(5))}
    photos = [candidate(1), candidate(2, choice=KEEP)]
    assert reasons(photos, known) == {1: "near_duplicate", 2: "accepted"}


def test_near_duplicates_that_a_person_keeps_are_all_kept() -> None:
    photos = [candidate(1, choice=KEEP), candidate(2, choice=KEEP)]
    known = {1: facts(5), 2: other_file(facts(5))}
    assert reasons(photos, known) == {1: "accepted", 2: "accepted"}


def test_a_label_from_a_person_does_not_keep_a_near_duplicate() -> None:
    photos = [candidate(1, choice=LABEL), candidate(2, choice=LABEL)]
    known = {1: facts(5), 2: other_file(facts(5))}
    assert reasons(photos, known) == {1: "accepted", 2: "near_duplicate"}


def test_of_one_picture_under_two_labels_the_one_a_person_named_is_kept() -> None:
    known = {1: facts(5), 2: other_file(facts(5))}
    photos = [candidate(1), candidate(2, labels=("crow",), choice=LABEL)]
    assert reasons(photos, known) == {1: "cross_label", 2: "accepted"}


def test_a_photo_that_a_person_rejects_casts_no_doubt_on_its_like() -> None:
    photos = [candidate(1, choice=REJECT), candidate(2, labels=("crow",))]
    assert reasons(photos, {1: facts(5), 2: facts(5)}) == {1: "rejected_by_person", 2: "accepted"}


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


def test_a_person_outranks_the_cap_of_an_owner() -> None:
    oldest_first = [
        candidate(n, owner="1@N00", choice=choice)
        for n, choice in enumerate([REJECT, None, None, LABEL])
    ]
    judged = reasons(oldest_first, {n: facts(n) for n in range(4)}, source={"max_per_owner": 1})
    assert list(judged.values()).count("accepted") == 2
    assert (judged[0], judged[2]) == ("rejected_by_person", "owner_over_cap")


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


def test_thumbnails_are_read_where_the_facts_do_not_hold_them() -> None:
    full = {1: facts(5), 2: replace(facts(5, width=90), sha256="2" * 64), 3: facts(6)}
    held = {f.sha256: f.fingerprint.thumb for f in full.values() if f.fingerprint}
    bare = {
        key: replace(fact, fingerprint=replace(fact.fingerprint, thumb=b""))
        for key, fact in full.items()
        if fact.fingerprint
    }
    photos = [candidate(key) for key in full]
    read = list(
        judge(photos, bare, recipe(), lambda names: unpack_thumbs([held[n] for n in names]))
    )
    assert read == list(judge(photos, full, recipe()))
    assert {v.key: v.reason.value for v in read}[2] == "near_duplicate"


def test_in_a_chain_what_does_not_look_like_a_kept_photo_is_kept() -> None:
    first, last = (np.random.default_rng(n).integers(0, 256, 1024) for n in (1, 2))
    known = {
        key: facts(
            key, phash=7, thumb=(first * (1 - share) + last * share).astype(np.uint8).tobytes()
        )
        for key, share in enumerate([0.0, 0.33, 0.67, 1.0])
    }
    photos = [candidate(key, uploaded_at=100 + key) for key in known]
    groups = {v.key: (v.reason.value, v.group_key) for v in judge(photos, known, recipe())}
    assert groups == {
        0: ("accepted", 0),
        1: ("near_duplicate", 0),
        2: ("accepted", 2),
        3: ("near_duplicate", 2),
    }


def test_what_looks_like_a_photo_of_another_label_is_kept_under_none() -> None:
    known = {1: facts(5), 2: replace(facts(5, width=90), sha256="2" * 64)}
    photos = [candidate(1, labels=("monkey",)), candidate(2, labels=("crow",))]
    assert reasons(photos, known) == {1: "cross_label", 2: "cross_label"}


def judged(unfit: dict[tuple[str, str], Reason], **changes: Any) -> dict[int, str]:
    photos = [candidate(1), candidate(2, **changes)]
    known = {1: facts(1), 2: facts(1)}
    return {v.key: v.reason.value for v in judge(photos, known, recipe(), None, unfit)}


def test_what_nothing_else_speaks_against_must_be_relevant() -> None:
    unfit = {(facts(1).sha256 or "", "monkey"): Reason.IRRELEVANT}
    assert judged(unfit) == {1: "irrelevant", 2: "duplicate"}


def test_a_photo_is_irrelevant_to_one_label_and_not_to_another() -> None:
    unfit = {(facts(1).sha256 or "", "crow"): Reason.IRRELEVANT}
    assert judged(unfit) == {1: "accepted", 2: "duplicate"}
