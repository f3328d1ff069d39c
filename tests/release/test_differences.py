"""What changed between two releases, and the page that shows it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menagerie.errors import InputError, ReleaseError
from menagerie.release.differences import NO_LONGER_FOUND, Differences, compare
from menagerie.release.differences_page import chosen, write_differences
from menagerie.terms import NOTICE, SHEET_PHOTOS
from tests.release.builders import sample, write_release

Rows = list[dict[str, Any]]


def differences(
    tmp_path: Path, before: Rows, after: Rows, rejected: Rows | None = None
) -> Differences:
    return compare(
        write_release(tmp_path / "aaa", before), write_release(tmp_path / "bbb", after, rejected)
    )


def page(found: Differences, tmp_path: Path) -> str:
    write_differences(found, tmp_path / "diff.html", "Crows & co")
    return (tmp_path / "diff.html").read_text("utf-8")


def test_the_same_photos_are_no_change(tmp_path: Path) -> None:
    photos = [sample("1"), sample("2", split="test")]
    found = differences(tmp_path, photos, photos[::-1])
    assert found.samples == (2, 2)
    assert found.counts == {}


def test_what_only_the_later_one_holds_was_added(tmp_path: Path) -> None:
    found = differences(tmp_path, [sample("1")], [sample("1"), sample("3"), sample("2")])
    assert [change.photo_id for change in found.changes["added"]] == ["2", "3"]
    assert found.counts == {("added", "crow", ""): 2}


def test_what_was_dropped_has_the_reason_of_the_later_one(tmp_path: Path) -> None:
    rejected = [{"photo_id": "2", "label": "crow", "reason": "gone"}]
    found = differences(tmp_path, [sample("1"), sample("2"), sample("3")], [sample("1")], rejected)
    assert found.to_json()["reasons"] == {"2": "gone", "3": NO_LONGER_FOUND}


def test_a_photo_that_was_rejected_all_along_is_no_change(tmp_path: Path) -> None:
    rejected = [{"photo_id": "9", "label": "crow", "reason": "blurred"}]
    assert differences(tmp_path, [sample("1")], [sample("1")], rejected).counts == {}


def test_another_label_and_another_licence_are_told_with_both(tmp_path: Path) -> None:
    after = [sample("1", label="boar"), sample("2", license="cc0-1.0")]
    document = differences(tmp_path, [sample("1"), sample("2")], after).to_json()
    assert document["labels"] == {"1": ["crow", "boar"]}
    assert document["licenses"] == {"2": ["cc-by-2.0", "cc0-1.0"]}


def test_a_photo_on_the_other_side_was_moved(tmp_path: Path) -> None:
    found = differences(tmp_path, [sample("1")], [sample("1", split="test")])
    assert found.counts == {("moved", "crow", "train → test"): 1}
    assert "1 photos stand on the other side of the split" in page(found, tmp_path)


def test_the_same_id_of_another_source_is_another_photo(tmp_path: Path) -> None:
    found = differences(tmp_path, [sample("1")], [sample("1", source="sandbox", label="boar")])
    assert [len(found.changes[kind]) for kind in ("added", "dropped", "relabelled")] == [1, 1, 0]


def test_the_document_holds_ids_of_every_kind(tmp_path: Path) -> None:
    document = differences(tmp_path, [sample("1")], [sample("2")]).to_json()
    assert document == {
        "from": "aaa", "to": "bbb", "added": ["2"], "dropped": ["1"],
        "relabelled": [], "relicensed": [], "moved": [],
        "reasons": {"1": NO_LONGER_FOUND}, "labels": {}, "licenses": {},
    }  # fmt: skip


@given(
    st.dictionaries(st.integers(0, 60), st.sampled_from("abc")),
    st.dictionaries(st.integers(0, 60), st.sampled_from("abc")),
    st.integers(1, 40),
)
@settings(max_examples=20)
def test_comparing_in_lots_is_comparing_all(
    before: dict[int, str], after: dict[int, str], lot: int
) -> None:
    with TemporaryDirectory() as folder:
        old, new = (
            write_release(Path(folder, name), [sample(str(n), label=c) for n, c in each.items()])
            for name, each in (("aaa", before), ("bbb", after))
        )
        found = compare(old, new, lot)
    assert found.samples == (len(before), len(after))
    both = before.keys() & after.keys()
    assert {kind: [c.photo_id for c in changes] for kind, changes in found.changes.items()} == {
        "added": sorted(map(str, after.keys() - before.keys())),
        "dropped": sorted(map(str, before.keys() - after.keys())),
        "relabelled": sorted(str(n) for n in both if before[n] != after[n]),
        "relicensed": [],
        "moved": [],
    }


def test_a_damaged_release_is_said_so(tmp_path: Path) -> None:
    before = write_release(tmp_path / "aaa", [sample("1")])
    after = write_release(tmp_path / "bbb", [sample("1")])
    (before / "manifest.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReleaseError, match=r"aaa and .*bbb cannot be compared"):
        compare(before, after)


def test_a_page_holds_thirty_photos_at_most_of_every_kind_and_class_some(tmp_path: Path) -> None:
    old = [sample(f"a{n}", label="boar" if n == 99 else "crow") for n in range(100)]
    new = [sample(f"b{n}") for n in range(100)]
    found = differences(tmp_path, old, new)
    shown = chosen(found)
    assert [len(shown["added"]), len(shown["dropped"])] == [SHEET_PHOTOS // 2] * 2
    assert {change.label for change in shown["dropped"]} == {"boar", "crow"}
    assert page(found, tmp_path).count("<li>") == SHEET_PHOTOS


def test_one_kind_alone_has_all_thirty_places(tmp_path: Path) -> None:
    found = differences(tmp_path, [], [sample(f"b{n}") for n in range(100)])
    assert len(chosen(found)["added"]) == SHEET_PHOTOS


def test_a_photo_on_the_page_has_its_credit_and_cannot_write_on_it(tmp_path: Path) -> None:
    evil = sample("1", title="<script>x</script>", page_url="javascript:alert(1)")
    text = page(differences(tmp_path, [], [evil]), tmp_path)
    assert "&lt;script&gt;x&lt;/script&gt; by Owner 1" in text
    assert "<script" not in text
    assert "javascript" not in text
    assert 'href="https://creativecommons.org/licenses/by/2.0/"' in text
    assert NOTICE in text


@pytest.mark.parametrize(
    ("reason", "pictures"), [("blurred", 1), ("gone", 0), ("opted_out", 0), ("license", 0)]
)
def test_a_photo_that_its_owner_may_have_withdrawn_is_not_shown(
    tmp_path: Path, reason: str, pictures: int
) -> None:
    rejected = [{"photo_id": "1", "label": "crow", "reason": reason}]
    text = page(differences(tmp_path, [sample("1")], [], rejected), tmp_path)
    assert text.count("<img") == pictures
    assert text.count("<li>") == 1


def test_a_page_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    found = differences(tmp_path, [], [sample("1")])
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="taken cannot be written"):
        write_differences(found, tmp_path / "taken", "Crows")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aaa", "bbb", "taken"]
