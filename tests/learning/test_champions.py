"""The history of champions: only added to, gone back along, and right after crashes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from menagerie.errors import CallError, HomeError, MissingModelError, OutputError
from menagerie.folders import point
from menagerie.learning.champions import champion_id, changes, crown, roll_back, turned_away
from menagerie.learning.folder import CARD_FILE, FILES, MODEL_FILE, Card, read_card, sha256
from menagerie.learning.listing import choose_model, list_models


def model(dataset: Path, name: str) -> str:
    """Write a model folder that counts as complete."""
    folder = dataset / "models" / name
    folder.mkdir(parents=True)
    for file in FILES:
        (folder / file).write_text(name)
    Card(name, "r1", ("a", "b"), 16, "crop", {"model": "cnn"}, sha256(folder / MODEL_FILE)).write(
        folder
    )
    return name


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A dataset with models a, b and c, of which each was champion in its turn."""
    for name in ("a1", "b2", "c3"):
        crown(tmp_path, model(tmp_path, name), "rule", "not worse")
    return tmp_path


def test_a_rollback_goes_back_one_champion_and_the_next_one_another(dataset: Path) -> None:
    assert roll_back(dataset) == ("b2", "c3")
    assert roll_back(dataset) == ("a1", "b2")
    with pytest.raises(CallError, match="a1, has no former one"):
        roll_back(dataset)
    assert champion_id(dataset) == "a1"


def test_after_a_rollback_a_new_champion_leads_back_to_where_it_went(dataset: Path) -> None:
    roll_back(dataset)
    crown(dataset, model(dataset, "d4"), "rule", "")
    assert roll_back(dataset)[0] == "b2"
    assert roll_back(dataset)[0] == "a1"


def test_a_former_champion_that_is_damaged_is_passed_over(dataset: Path) -> None:
    (dataset / "models/b2" / MODEL_FILE).write_text("cut off")
    assert roll_back(dataset) == ("a1", "c3")


def test_a_champion_that_is_damaged_is_not_said_to_be_one_already(dataset: Path) -> None:
    (dataset / "models/c3" / MODEL_FILE).write_text("cut off")
    with pytest.raises(MissingModelError, match="c3 is not a complete model"):
        crown(dataset, "c3", "person", "")


def test_a_network_of_ones_own_is_listed_by_its_name(dataset: Path) -> None:
    folder = dataset / "models/c3"
    card = replace(read_card(folder), training={"model": "cnn", "build_model": "mine.network"})
    card.write(folder)
    networks = {entry.id: entry.network for entry in list_models(dataset, {})}
    assert networks == {"a1": "cnn", "b2": "cnn", "c3": "mine.network"}


def test_a_change_whose_link_was_never_moved_is_passed_over(dataset: Path) -> None:
    point(dataset / "champion", Path("models/b2"))  # killed between line and link
    assert roll_back(dataset) == ("a1", "b2")


def test_where_the_link_is_gone_the_last_champion_comes_back(dataset: Path) -> None:
    (dataset / "champion").unlink()
    assert roll_back(dataset) == ("c3", None)
    assert champion_id(dataset) == "c3"
    assert roll_back(dataset) == ("b2", "c3")


def test_a_folder_in_the_place_of_the_link_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "champion").mkdir()
    with pytest.raises(OutputError, match="champion is a folder where a link belongs"):
        crown(tmp_path, model(tmp_path, "a1"), "person", "")
    assert not list(tmp_path.glob(".champion*"))


def test_a_champion_of_a_time_without_history_can_be_gone_back_to(tmp_path: Path) -> None:
    for name in ("a1", "b2"):
        model(tmp_path, name)
    point(tmp_path / "champion", Path("models/a1"))
    crown(tmp_path, "b2", "rule", "")
    assert roll_back(tmp_path) == ("a1", "b2")


def test_the_history_is_only_added_to(dataset: Path) -> None:
    before = (dataset / "champions.jsonl").read_bytes()
    roll_back(dataset, "it barks")
    after = (dataset / "champions.jsonl").read_bytes()
    assert after.startswith(before)
    assert json.loads(after.splitlines()[-1])["why"] == "it barks"


def test_a_line_that_was_cut_off_costs_no_other(dataset: Path) -> None:
    with (dataset / "champions.jsonl").open("a") as file:
        file.write('{"at": 17, "mod')
    crown(dataset, model(dataset, "d4"), "person", "")
    assert [change.model for change in changes(dataset)] == ["a1", "b2", "c3", "d4"]


def test_the_champion_is_not_made_champion_again(dataset: Path) -> None:
    before = (dataset / "champions.jsonl").read_bytes()
    assert crown(dataset, "c3", "person", "") == "c3"
    assert (dataset / "champions.jsonl").read_bytes() == before


def test_what_is_no_complete_model_is_not_promoted(dataset: Path) -> None:
    (dataset / "models/a1" / CARD_FILE).unlink()
    with pytest.raises(MissingModelError, match="a1 is not a complete model"):
        crown(dataset, "a1", "person", "")
    assert (champion_id(dataset), len(changes(dataset))) == ("c3", 3)


def test_only_a_persons_last_word_turns_a_model_away(dataset: Path) -> None:
    assert turned_away(dataset, "b2") is None
    roll_back(dataset)
    found = turned_away(dataset, "c3")
    assert found is not None
    assert found.by == "person"
    crown(dataset, "c3", "person", "")
    assert turned_away(dataset, "c3") is None


def test_without_a_champion_there_is_nothing_to_go_back_from(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match="has no champion"):
        roll_back(tmp_path)


def test_a_list_marks_the_champion_and_what_is_damaged(dataset: Path) -> None:
    (dataset / "models/a1" / MODEL_FILE).write_text("cut off")
    entries = list_models(dataset, {"a1": 30, "b2": 20, "c3": 10})
    assert [(e.id, e.champion, e.note) for e in entries] == [
        ("a1", False, "damaged"),
        ("b2", False, ""),
        ("c3", True, ""),
    ]
    assert entries[0].to_json()["date"] == "1970-01-01T00:00:30Z"


def test_a_file_in_the_place_of_the_models_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    with pytest.raises(HomeError, match="models is a file, and no folder of models"):
        list_models(tmp_path, {})


def test_a_model_is_named_by_the_beginning_of_its_id(dataset: Path) -> None:
    model(dataset, "c4")
    assert choose_model(dataset, "b") == "b2"
    with pytest.raises(CallError, match=r"2 models of .* begin with 'c': c3, c4"):
        choose_model(dataset, "c")
    with pytest.raises(MissingModelError, match=r"no model 'x' .*known: a1, b2, c3, c4"):
        choose_model(dataset, "x")
