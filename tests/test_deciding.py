"""A person's word on a photo outranks what searches and rules say, and is never lost."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from menagerie.catalog.curation import Decoded, Verdict, funnel, record_decoded, replace_verdicts
from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.decisions import decisions_in
from menagerie.catalog.fetched import record_fetched
from menagerie.catalog.forgetting import Subject, begin_forgetting, finish_forgetting
from menagerie.catalog.photos import Candidate, candidates, claim_dataset, record_rows
from menagerie.catalog.tables import decisions
from menagerie.curation.reasons import NEVER_OUTRANKED, Reason
from menagerie.curation.screening import screen
from menagerie.curation.standing import Choice
from menagerie.deciding import Wish, decide, decide_many, decisions_of, obstacles
from menagerie.errors import CallError
from menagerie.photos.fetch import Fetched
from menagerie.recipe import Recipe
from menagerie.settings import load_settings
from tests.builders import recipe
from tests.catalog.test_photos import ROW

pytestmark = pytest.mark.both_catalogs

ANIMALS = recipe()
ZOO = recipe(dataset={"name": "zoo"})
HASH = "ab" * 32

Seen = tuple[tuple[str, ...], Reason | None]


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    """Return a catalog with photo 1 under two labels and photo 2 under one."""
    with open_catalog(load_settings()) as opened:
        claim_dataset(opened, "animals", "flickr")
        find(opened, "1", "monkey", "boar")
        find(opened, "2", "monkey")
        yield opened


def find(catalog: Catalog, photo_id: str, *labels: str, dataset: str = "animals") -> None:
    row = replace(ROW, photo_id=photo_id, owner=f"{photo_id}@N00")
    for label in labels:
        record_rows(catalog, "flickr", dataset, label, label, [row])


def photos(catalog: Catalog, asked: Recipe = ANIMALS) -> dict[str, Candidate]:
    return {photo.photo_id: photo for photo in candidates(catalog, asked)}


def fetch(catalog: Catalog, photo_id: str, sha256: str = HASH) -> None:
    record_fetched(catalog, [Fetched(photos(catalog)[photo_id].key, "n", 1, sha256, 9)])


def group(catalog: Catalog, *photo_ids: str) -> None:
    keys = [photos(catalog)[photo_id].key for photo_id in photo_ids]
    judged = [Verdict(key, Reason.CROSS_LABEL, group_key=keys[0]) for key in keys]
    replace_verdicts(catalog, "animals", judged)


def seen(catalog: Catalog, asked: Recipe = ANIMALS) -> dict[str, Seen]:
    screened = screen(candidates(catalog, asked), asked)
    return {photo.photo_id: (photo.labels, reason) for photo, reason in screened}


def label(catalog: Catalog, photo_id: str, shown: str) -> None:
    decide(catalog, ANIMALS, Wish(Choice.LABEL, photo_id, label=shown), "Ann")


def say(catalog: Catalog, choice: Choice, photo_id: str, *, also: bool = False) -> None:
    decide(catalog, ANIMALS, Wish(choice, photo_id, group=also), "Ann")


def rows(catalog: Catalog) -> int:
    with catalog.begin() as connection:
        return connection.scalar(select(func.count()).select_from(decisions)) or 0


def test_a_photo_under_two_labels_counts_under_the_one_that_was_decided(catalog: Catalog) -> None:
    assert seen(catalog)["1"] == (("boar", "monkey"), Reason.CROSS_LABEL)
    label(catalog, "1", "monkey")
    assert seen(catalog)["1"] == (("monkey",), None)
    assert funnel(catalog, ANIMALS) == {("monkey", Reason.AWAITING_DOWNLOAD): 2}


def test_a_photo_can_count_under_a_label_that_it_was_not_found_under(catalog: Catalog) -> None:
    label(catalog, "2", "crow")
    assert seen(catalog)["2"] == (("crow",), None)
    assert funnel(catalog, ANIMALS) == {
        ("boar", Reason.AWAITING_DOWNLOAD): 1,
        ("crow", Reason.AWAITING_DOWNLOAD): 1,
    }


def test_the_newest_decision_counts_and_survives_a_new_crawl(catalog: Catalog) -> None:
    label(catalog, "1", "monkey")
    label(catalog, "1", "boar")
    find(catalog, "1", "monkey", "crow")
    assert seen(catalog)["1"] == (("boar",), None)


def test_a_rejected_photo_is_left_out_and_counted_where_it_was_found(catalog: Catalog) -> None:
    say(catalog, Choice.REJECT, "2")
    assert seen(catalog)["2"] == (("monkey",), Reason.REJECTED_BY_PERSON)


def test_rejecting_a_photo_under_two_labels_leaves_neither(catalog: Catalog) -> None:
    say(catalog, Choice.REJECT, "1")
    assert seen(catalog)["1"] == (("boar", "monkey"), Reason.REJECTED_BY_PERSON)


def test_of_two_labels_one_can_be_denied(catalog: Catalog) -> None:
    decide(catalog, ANIMALS, Wish(Choice.REJECT, "1", label="boar"), "Ann")
    assert seen(catalog)["1"] == (("monkey",), None)


def test_a_relabelled_photo_that_is_rejected_does_not_fall_back(catalog: Catalog) -> None:
    label(catalog, "2", "crow")
    say(catalog, Choice.REJECT, "2")
    assert seen(catalog)["2"][1] is Reason.REJECTED_BY_PERSON


def test_after_a_change_of_mind_the_last_word_counts_within_one_second(catalog: Catalog) -> None:
    for choice in (Choice.KEEP, Choice.REJECT, Choice.KEEP):
        say(catalog, choice, "2")
    assert seen(catalog)["2"] == (("monkey",), None)
    assert [one.choice for one in decisions_of(catalog, ANIMALS, "2")] == ["keep", "reject", "keep"]


def test_what_is_withdrawn_no_longer_counts_and_stays_on_record(catalog: Catalog) -> None:
    label(catalog, "1", "crow")
    say(catalog, Choice.WITHDRAW, "1")
    assert seen(catalog)["1"] == (("boar", "monkey"), Reason.CROSS_LABEL)
    assert rows(catalog) == 2
    with pytest.raises(CallError, match="nothing to withdraw"):
        say(catalog, Choice.WITHDRAW, "1")


def test_the_same_bytes_under_another_id_have_the_same_decision(catalog: Catalog) -> None:
    fetch(catalog, "2")
    label(catalog, "2", "crow")
    find(catalog, "3", "boar")
    assert seen(catalog)["3"] == (("boar",), None)
    fetch(catalog, "3")
    assert seen(catalog)["3"] == (("crow",), None)


def test_a_decision_before_the_download_counts_for_the_bytes_after_it(catalog: Catalog) -> None:
    say(catalog, Choice.REJECT, "2")
    find(catalog, "3", "monkey")
    fetch(catalog, "2")
    fetch(catalog, "3")
    assert seen(catalog)["3"][1] is Reason.REJECTED_BY_PERSON


def test_a_photo_whose_file_comes_anew_keeps_its_decision(catalog: Catalog) -> None:
    fetch(catalog, "2")
    say(catalog, Choice.REJECT, "2")
    fetch(catalog, "2", "cd" * 32)
    assert seen(catalog)["2"][1] is Reason.REJECTED_BY_PERSON


def test_bytes_can_be_decided_on_by_their_hash(catalog: Catalog) -> None:
    for photo_id in ("1", "2"):
        fetch(catalog, photo_id)
    decide(catalog, ANIMALS, Wish(Choice.LABEL, sha256=HASH.upper(), label="boar"), "Ann")
    assert {labels for labels, _ in seen(catalog).values()} == {("boar",)}


def test_a_decision_counts_in_other_datasets_that_have_the_label(catalog: Catalog) -> None:
    claim_dataset(catalog, "zoo", "flickr")
    find(catalog, "2", "monkey", dataset="zoo")
    say(catalog, Choice.REJECT, "2")
    assert seen(catalog, ZOO)["2"][1] is Reason.REJECTED_BY_PERSON


def test_a_decision_on_a_class_that_a_recipe_lacks_does_not_count_there(catalog: Catalog) -> None:
    label(catalog, "2", "crow")
    without = ANIMALS.model_copy(update={"classes": ANIMALS.classes[:2]})
    assert seen(catalog, without)["2"] == (("monkey",), None)
    assert seen(catalog)["2"] == (("crow",), None)


def test_near_duplicates_follow_only_when_asked(catalog: Catalog) -> None:
    fetch(catalog, "1")
    fetch(catalog, "2", "cd" * 32)
    group(catalog, "1", "2")
    label(catalog, "1", "boar")
    assert seen(catalog)["2"] == (("monkey",), None)
    decide(catalog, ANIMALS, Wish(Choice.LABEL, "1", label="boar", group=True), "Ann")
    assert seen(catalog)["2"] == (("boar",), None)


def test_near_duplicates_of_a_kept_photo_get_its_label_and_not_a_place(catalog: Catalog) -> None:
    find(catalog, "3", "crow")
    for number in ("2", "3"):
        fetch(catalog, number, number * 64)
    group(catalog, "2", "3")
    say(catalog, Choice.KEEP, "2", also=True)
    assert {p.photo_id: p.choice for p in candidates(catalog, ANIMALS) if p.choice} == {
        "2": Choice.KEEP,
        "3": Choice.LABEL,
    }
    assert seen(catalog)["3"] == (("monkey",), None)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(Choice.KEEP, "7"), "animals has no photo '7'"),
        (Wish(Choice.KEEP, sha256="cd" * 32), "animals has no file 'cdcd"),
        (Wish(Choice.KEEP, sha256="xy"), r"64 hex digits \(received 'xy'\)"),
        (Wish(Choice.KEEP), "either --photo ID or --sha256 H"),
        (Wish(Choice.KEEP, "2", HASH), "either --photo ID or --sha256 H"),
        (Wish(Choice.KEEP, "1"), "found under boar, monkey: say with --label"),
        (Wish(Choice.LABEL, "2", label="wolf"), "no class 'wolf'. Name one of monkey, boar, crow"),
        (Wish(Choice.LABEL, "2"), "--label L"),
        (Wish(Choice.KEEP, "2", note="two\nlines"), "must be one line"),
    ],
)
def test_what_cannot_be_followed_is_refused_and_nothing_recorded(
    catalog: Catalog, wish: Wish, said: str
) -> None:
    with pytest.raises(CallError, match=said):
        decide_many(catalog, ANIMALS, [Wish(Choice.KEEP, "2"), wish], "Ann")
    assert rows(catalog) == 0


def test_photos_of_another_dataset_are_not_decided_on(catalog: Catalog) -> None:
    with pytest.raises(CallError, match="zoo has no photo '1'"):
        decide(catalog, ZOO, Wish(Choice.KEEP, "1"), "Ann")


def judged(catalog: Catalog, **reasons: Reason) -> None:
    found = photos(catalog)
    given = [Verdict(found[name[1:]].key, reason) for name, reason in reasons.items()]
    replace_verdicts(catalog, "animals", given)


@pytest.mark.parametrize("reason", sorted(NEVER_OUTRANKED))
def test_what_no_decision_outranks_is_told(catalog: Catalog, reason: Reason) -> None:
    judged(catalog, _2=reason)
    assert obstacles(catalog, ANIMALS, Wish(Choice.KEEP, "2")) == [reason]
    assert obstacles(catalog, ANIMALS, Wish(Choice.LABEL, "2", label="crow")) == [reason]
    assert obstacles(catalog, ANIMALS, Wish(Choice.REJECT, "2")) == []


@pytest.mark.parametrize("reason", [Reason.DARK, Reason.CROSS_LABEL, Reason.OWNER_OVER_CAP])
def test_what_a_decision_outranks_keeps_nothing_out(catalog: Catalog, reason: Reason) -> None:
    judged(catalog, _2=reason)
    assert obstacles(catalog, ANIMALS, Wish(Choice.KEEP, "2")) == []


def test_a_broken_file_keeps_a_rejected_photo_out_after_a_change_of_mind(catalog: Catalog) -> None:
    fetch(catalog, "2")
    record_decoded(catalog, [Decoded(HASH, None, Reason.BROKEN)], "64", "block", [])
    judged(catalog, _2=Reason.REJECTED_BY_PERSON)
    assert obstacles(catalog, ANIMALS, Wish(Choice.KEEP, "2")) == [Reason.BROKEN]


def test_of_photos_with_the_same_bytes_one_that_can_come_in_is_enough(catalog: Catalog) -> None:
    for photo_id in ("1", "2"):
        fetch(catalog, photo_id)
    wish = Wish(Choice.KEEP, sha256=HASH)
    judged(catalog, _1=Reason.LICENSE, _2=Reason.ACCEPTED)
    assert obstacles(catalog, ANIMALS, wish) == []
    judged(catalog, _1=Reason.LICENSE, _2=Reason.OPTED_OUT)
    assert obstacles(catalog, ANIMALS, wish) == [Reason.LICENSE, Reason.OPTED_OUT]


def test_two_who_decide_at_once_lose_nothing(catalog: Catalog) -> None:
    def work(shown: str) -> None:
        with open_catalog(load_settings()) as own:
            for _ in range(25):
                label(own, "1", shown)

    threads = [threading.Thread(target=work, args=[shown]) for shown in ("boar", "crow")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(catalog) == 50


def test_a_forgotten_photo_takes_its_decisions_with_it(catalog: Catalog) -> None:
    fetch(catalog, "1")
    label(catalog, "1", "boar")
    decide(catalog, ANIMALS, Wish(Choice.KEEP, sha256=HASH), "Ann")
    finish_forgetting(catalog, [photos(catalog)["1"].key])
    assert rows(catalog) == 0
    assert set(seen(catalog)) == {"2"}


def test_what_was_decided_of_bytes_that_others_have_stays_without_the_forgotten_photo(
    catalog: Catalog,
) -> None:
    decide(catalog, ANIMALS, Wish(Choice.LABEL, "1", label="crow", note="Ann's cat"), "Ann")
    for photo_id in ("1", "2"):
        fetch(catalog, photo_id)
    key = photos(catalog)["1"].key
    begin_forgetting(catalog, Subject("flickr", "1"), [key], ["1"], "")
    (left,) = decisions_in(catalog, "animals", "flickr", ANIMALS.labels)
    assert (left.photo_id, left.source, left.note, left.sha256) == (None, None, "", HASH)
    finish_forgetting(catalog, [key])
    assert seen(catalog) == {"2": (("crow",), None)}
