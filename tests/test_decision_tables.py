"""Decisions leave as a table and come back from one, all or nothing."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from menagerie.catalog.database import Catalog, open_catalog
from menagerie.catalog.forgetting import Subject, begin_forgetting, finish_forgetting
from menagerie.catalog.photos import claim_dataset
from menagerie.curation.standing import Choice
from menagerie.deciding import Wish, decide, decisions_of
from menagerie.decision_tables import COLUMNS, Imported, export_decisions, import_decisions
from menagerie.errors import InputError
from menagerie.settings import load_settings
from tests.conftest import point_to
from tests.test_deciding import ANIMALS, HASH, fetch, find, label, photos, rows, say, seen

pytestmark = pytest.mark.both_catalogs

HEAD = ",".join(COLUMNS)
NEEDED = "photo_id,sha256,label,decision"
OTHER = "cd" * 32


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    """Return a catalog with two photos; the bytes of the second are there."""
    with open_catalog(load_settings()) as opened:
        claim_dataset(opened, "animals", "flickr")
        find(opened, "1", "monkey")
        find(opened, "2", "monkey")
        fetch(opened, "2")
        yield opened


def table(folder: Path, *lines: str, head: str = HEAD, mark: str = "") -> Path:
    path = folder / "decisions.csv"
    path.write_text(mark + "\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def refused(catalog: Catalog, path: Path) -> str:
    with pytest.raises(InputError) as error:
        import_decisions(catalog, ANIMALS, path, "Ann")
    assert rows(catalog) == 0
    return str(error.value)


def test_a_table_tells_who_said_what_and_when(catalog: Catalog, tmp_path: Path) -> None:
    decide(catalog, ANIMALS, Wish(Choice.KEEP, "2", note="a café, at dusk"), "Ann")
    assert export_decisions(catalog, ANIMALS, tmp_path / "out.csv") == 1
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    moment = row.pop("decided_at")
    assert list(row.values()) == ["animals", "2", HASH, "monkey", "keep", "a café, at dusk", "Ann"]
    assert moment.endswith("Z")


def test_a_note_cannot_become_a_formula_and_comes_back_as_it_was(
    catalog: Catalog, tmp_path: Path
) -> None:
    decide(catalog, ANIMALS, Wish(Choice.KEEP, "2", note='=HYPERLINK("x")'), "@ann")
    export_decisions(catalog, ANIMALS, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["note"], row["who"]) == ('\'=HYPERLINK("x")', "'@ann")
    assert import_decisions(catalog, ANIMALS, tmp_path / "out.csv", "Bob") == Imported(0, 1)


def test_importing_ones_own_export_changes_nothing(catalog: Catalog, tmp_path: Path) -> None:
    for choice in (Choice.KEEP, Choice.REJECT, Choice.KEEP):
        say(catalog, choice, "1")
    decide(catalog, ANIMALS, Wish(Choice.LABEL, sha256=HASH, label="crow"), "Ann")
    export_decisions(catalog, ANIMALS, tmp_path / "out.csv")
    without = ANIMALS.model_copy(update={"classes": ANIMALS.classes[:2]})
    for asked in (ANIMALS, without):
        done = import_decisions(catalog, asked, tmp_path / "out.csv", "Bob")
        assert done == Imported(recorded=0, known=4)


def test_another_home_comes_to_the_same(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for choice in (Choice.KEEP, Choice.REJECT, Choice.KEEP):
        say(catalog, choice, "1")
    label(catalog, "2", "crow")
    export_decisions(catalog, ANIMALS, tmp_path / "out.csv")
    point_to(monkeypatch, tmp_path / "other", "http://127.0.0.1:9")
    with open_catalog(load_settings()) as other:
        claim_dataset(other, "animals", "flickr")
        find(other, "1", "monkey")
        find(other, "2", "monkey")
        assert import_decisions(other, ANIMALS, tmp_path / "out.csv", "Bob") == Imported(4, 0)
        assert seen(other) == seen(catalog)


def test_what_a_row_leaves_empty_is_here_and_now_and_me(catalog: Catalog, tmp_path: Path) -> None:
    path = table(tmp_path, f",,{HASH.upper()},monkey,reject,,,", mark="\ufeff")
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(1, 0)
    assert seen(catalog)["2"][1] == "rejected_by_person"


def test_columns_may_stand_in_any_order(catalog: Catalog, tmp_path: Path) -> None:
    head = ",".join(reversed(COLUMNS))
    path = table(tmp_path, "2026-01-01T00:00:00+01:00,Ann,,keep,monkey,,2,animals", head=head)
    assert import_decisions(catalog, ANIMALS, path, "Bob") == Imported(1, 0)


def test_columns_that_can_be_empty_can_be_missing(catalog: Catalog, tmp_path: Path) -> None:
    path = table(tmp_path, "2,,crow,label", head=NEEDED)
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(1, 0)
    (one,) = decisions_of(catalog, ANIMALS, "2")
    assert (one.dataset, one.label, one.note, one.who) == ("animals", "crow", "", "Ann")


def test_columns_are_told_apart_by_their_words_alone(catalog: Catalog, tmp_path: Path) -> None:
    path = table(tmp_path, "2,,crow,label,Bob", head="Photo_ID, SHA256 ,Label,DECISION,Who")
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(1, 0)
    assert [one.who for one in decisions_of(catalog, ANIMALS, "2")] == ["Bob"]


def test_a_decision_can_come_from_a_dataset_that_is_not_here(
    catalog: Catalog, tmp_path: Path
) -> None:
    path = table(tmp_path, "far-zoo,2,,crow,label,,,")
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(1, 0)
    assert decisions_of(catalog, ANIMALS, "2")[0].dataset == "far-zoo"


def test_a_row_moves_no_other_photo_while_the_one_it_names_is_not_fetched(
    catalog: Catalog, tmp_path: Path
) -> None:
    path = table(tmp_path, f",1,{HASH},crow,label,,Ann,2026-01-01T00:00:00Z")
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(1, 0)
    assert (seen(catalog)["1"], seen(catalog)["2"]) == ((("crow",), None), (("monkey",), None))
    fetch(catalog, "1")
    assert seen(catalog)["2"] == (("crow",), None)
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(0, 1)


def test_bytes_that_no_photo_has_are_those_of_another_rendition(
    catalog: Catalog, tmp_path: Path
) -> None:
    path = table(tmp_path, f",2,{OTHER},crow,label,,,")
    assert import_decisions(catalog, ANIMALS, path, "Ann") == Imported(1, 0)
    find(catalog, "3", "monkey")
    fetch(catalog, "3", OTHER)
    assert seen(catalog) == {
        "1": (("monkey",), None),
        "2": (("crow",), None),
        "3": (("crow",), None),
    }


def test_an_export_can_be_imported_after_its_photos_came_anew(
    catalog: Catalog, tmp_path: Path
) -> None:
    label(catalog, "2", "crow")
    export_decisions(catalog, ANIMALS, tmp_path / "out.csv")
    fetch(catalog, "1")
    fetch(catalog, "2", OTHER)
    assert import_decisions(catalog, ANIMALS, tmp_path / "out.csv", "Bob") == Imported(0, 1)


def test_rows_about_forgotten_photos_are_passed_over(catalog: Catalog, tmp_path: Path) -> None:
    for photo_id in ("1", "2"):
        label(catalog, photo_id, "crow")
    export_decisions(catalog, ANIMALS, tmp_path / "out.csv")
    key = photos(catalog)["2"].key
    begin_forgetting(catalog, Subject("flickr", owner="2@N00"), [key], ["2"], "")
    finish_forgetting(catalog, [key])
    done = import_decisions(catalog, ANIMALS, tmp_path / "out.csv", "Bob")
    assert done == Imported(recorded=0, known=1, forgotten=1)
    assert rows(catalog) == 1


def test_bytes_of_which_no_photo_is_left_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    key = photos(catalog)["2"].key
    begin_forgetting(catalog, Subject("flickr", "2"), [key], ["2"], "")
    finish_forgetting(catalog, [key])
    said = refused(catalog, table(tmp_path, f",,{HASH},crow,keep,,,"))
    assert "line 2: animals has no photo 'abab" in said


def test_an_older_decision_that_comes_later_does_not_outrank(
    catalog: Catalog, tmp_path: Path
) -> None:
    label(catalog, "1", "crow")
    path = table(tmp_path, ",1,,boar,label,,,2020-01-01T00:00:00Z")
    assert import_decisions(catalog, ANIMALS, path, "Bob") == Imported(1, 0)
    assert seen(catalog)["1"] == (("crow",), None)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",1,,wolf,keep,,,", "no class 'wolf'"),
        (",7,,crow,keep,,,", "no photo '7'"),
        (f",,{'ef' * 32},crow,keep,,,", "no photo 'efef"),
        (",1,xy,crow,keep,,,", "64 hex digits (received 'xy')"),
        (f",2,{OTHER},crow,keep,,,", f"different photos (received '2' and '{OTHER}')"),
        (",,,crow,keep,,,", "Fill photo_id or sha256"),
        ("../x,1,,crow,keep,,,", "name holds a-z, 0-9, - and _ only, 40 at most (received '../x')"),
        (f"{'a' * 41},1,,crow,keep,,,", "40 at most (received 'aaaa"),
        (
            ",1,,crow,maybe,,,",
            "one of keep, label, reject, withdraw (received 'maybe')",
        ),
        (",1,,crow,keep,,,yesterday", "decided_at is a time with its zone"),
        (",1,,crow,keep,,,2026-01-01T00:00:00", "decided_at is a time with its zone"),
        (",1,,crow,keep,,,2999-01-01T00:00:00Z", "in the future"),
        (",1,,crow,keep,,a\x07b,", "The who must be one line"),
        (",1,,crow,keep", "8 cells belong there (received 5)"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_nothing_recorded(
    catalog: Catalog, tmp_path: Path, row: str, problem: str
) -> None:
    find(catalog, "3", "monkey")
    fetch(catalog, "3", OTHER)
    said = refused(catalog, table(tmp_path, ",1,,crow,keep,,,", "", row))
    assert "line 4" in said
    assert problem in said
    assert said.endswith("nothing was recorded.")


def test_every_wrong_row_is_told_at_once_but_not_endlessly(
    catalog: Catalog, tmp_path: Path
) -> None:
    said = refused(catalog, table(tmp_path, *[",7,,crow,keep,,,"] * 8))
    assert "line 2: " in said
    assert "line 6: " in said
    assert "line 7: " not in said
    assert "with 3 more lines" in said


def test_a_table_of_something_else_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    for head in ("a,b", f"{NEEDED},mood", f"{NEEDED},Note,note", "photo_id,label,decision"):
        said = refused(catalog, table(tmp_path, head=head))
        assert f"needs the columns {NEEDED}, and may have dataset,note,who,decided_at" in said
        assert f"(received '{head}')" in said
    assert "cannot be read" in refused(catalog, tmp_path / "missing.csv")
    (tmp_path / "binary.csv").write_bytes(HEAD.encode() + b"\n\xff\xfe")
    assert "as UTF-8" in refused(catalog, tmp_path / "binary.csv")


def test_a_table_that_cannot_be_written_leaves_nothing(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        export_decisions(catalog, ANIMALS, tmp_path / "missing/out.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="Name another file"):
        export_decisions(catalog, ANIMALS, tmp_path / "folder.csv")
    assert [path.name for path in tmp_path.glob(".*.unfinished")] == []
