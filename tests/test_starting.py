"""A new dataset begins with a recipe that can be used at once."""

from pathlib import Path

import pytest

from menagerie.errors import CallError, RecipeError
from menagerie.recipe import load_recipe
from menagerie.starting import label_of, write_recipe


def test_a_recipe_is_written_with_a_class_a_keyword(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, "pets", ["Tabby cat", "dog"], 'My "pets"', "flickr", "")
    recipe = load_recipe(tmp_path, "pets")
    assert recipe.searches == (("tabby-cat", "Tabby cat"), ("dog", "dog"))
    assert recipe.dataset.title == 'My "pets"'
    assert "# " in path.read_text("utf-8")


@pytest.mark.parametrize("kind", ["folder", "manifest", "idx"])
def test_what_lies_on_this_machine_is_wanted_whole(tmp_path: Path, kind: str) -> None:
    write_recipe(tmp_path, "pets", ["cat", "dog"], "", kind, "somewhere/else")
    source = load_recipe(tmp_path, "pets").source
    assert (source.path, source.photos_per_keyword) == ("somewhere/else", 10_000_000)
    assert source.uses == (("train", "share") if kind == "manifest" else ())


def test_a_recipe_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, "pets", ["cat", "dog"], "", "flickr", "")
    path.write_text("mine")
    with pytest.raises(CallError, match="is there already"):
        write_recipe(tmp_path, "pets", ["cat", "dog"], "", "flickr", "")
    assert path.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "keywords", "kind", "path", "said"),
    [
        ("../pets", ["cat", "dog"], "flickr", "", "dataset.name may hold a-z"),
        ("Pets", ["cat", "dog"], "flickr", "", "received 'Pets'"),
        ("pets", ["cat"], "flickr", "", "received 1 keywords"),
        ("pets", [], "flickr", "", "received 0 keywords"),
        ("pets", ["cat", "CAT"], "flickr", "", "stands twice"),
        ("pets", ["cat", " "], "flickr", "", "keywords.0 needs at least 1"),
        ("pets", ["cat", "d\nog"], "flickr", "", "one line"),
        ("pets", ["cat", "dog"], "photos", "", "source.kind must be one of"),
        ("pets", ["cat", "dog"], "folder", "", "needs a path"),
        ("pets", ["cat", "dog"], "flickr", "x", "reads no path"),
    ],
)
def test_a_call_that_makes_no_recipe_is_refused_and_writes_nothing(
    tmp_path: Path, name: str, keywords: list[str], kind: str, path: str, said: str
) -> None:
    with pytest.raises((CallError, RecipeError), match=said):
        write_recipe(tmp_path / "datasets", name, keywords, "", kind, path)
    assert not (tmp_path / "datasets").exists()


@pytest.mark.parametrize(
    ("keyword", "label"),
    [("crow", "crow"), ("Wild Boar!", "wild-boar"), ("かに", "photos"), ("a" * 60, "a" * 40)],
)
def test_a_label_is_made_of_a_keyword(keyword: str, label: str) -> None:
    assert label_of(keyword) == label
