"""A recipe is what is asked: bounded, described, and refused with a sentence when it is wrong."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from menagerie.errors import RecipeError
from menagerie.recipe import SECTIONS, Recipe, Training, load_recipe, parse_recipe, template
from tests.builders import recipe

CASES = sorted((Path(__file__).parent / "recipes").glob("*.toml"))
ANIMALS = Path(__file__).resolve().parents[1] / "datasets/animals/recipe.toml"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_wrong_recipe_is_refused_with_what_was_received(path: Path) -> None:
    text = path.read_text("utf-8")
    expected = text.splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(RecipeError) as raised:
        parse_recipe(text, path.name)
    assert re.search(expected, str(raised.value))
    assert raised.value.exit_code == 2
    assert "\n" not in str(raised.value).strip()


def test_the_tracked_recipe_is_what_the_template_writes() -> None:
    classes = [(word, [word]) for word in ("monkey", "boar", "crow")]
    assert ANIMALS.read_text("utf-8") == template("animals", "Monkey, boar, crow", classes)


def test_a_resolved_recipe_reads_back_the_same() -> None:
    asked = recipe(source={"uses": []}, release={"image_size_px": 50})
    assert parse_recipe(asked.to_toml(), "a copy") == asked


@pytest.mark.parametrize("kind", ["manifest", "folder", "idx"])
def test_labels_that_come_with_the_photos_are_not_doubted(kind: str) -> None:
    text = template("animals", "", [("a", ["a"]), ("b", ["b"])], {"kind": kind, "path": "x"})
    brief = text[: text.index("[curation]")]
    assert parse_recipe(text, "a test").curation.relevance == "off"
    assert parse_recipe(brief, "a test").curation.relevance == "off"
    asked = parse_recipe(brief + '[curation]\nrelevance = "reject"\n', "a test")
    assert asked.curation.relevance == "reject"


def test_every_key_says_what_it_is_for() -> None:
    def check(model: type[BaseModel]) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                check(field.annotation)

    check(Recipe)


def test_every_number_is_bounded_below() -> None:
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            if field.annotation in {int, float}:
                assert any(hasattr(rule, "ge") or hasattr(rule, "gt") for rule in field.metadata), (
                    f"{section}.{name}"
                )


@pytest.mark.parametrize(
    ("section", "unheeded"),
    [
        ({}, []),
        ({"batch_size": 8, "learning_rate": 0.1, "weight_decay": 0.2}, []),
        ({"fine_tune_blocks": 2, "backbone": "VGG16"}, ["backbone", "fine_tune_blocks"]),
        (
            {"model": "cifar_cnn", "batch_size": 8, "learning_rate": 1},
            ["batch_size", "learning_rate"],
        ),
        ({"model": "mnist_cnn", "optimizer": "sgd", "learning_rate": 1}, []),
        ({"model": "transfer", "fine_tune_rate": 0.1}, ["fine_tune_rate"]),
        ({"model": "transfer", "fine_tune_rate": 0.1, "fine_tune_blocks": 1}, []),
        ({"augmentation": {"zoom_in": 0.1}}, ["augmentation without preset = 'own'"]),
        ({"augmentation": {"zoom_in": 0.1, "preset": "own"}}, []),
    ],
)
def test_what_a_network_does_not_heed_is_known(section: object, unheeded: list[str]) -> None:
    assert Training.model_validate(section).unheeded == unheeded


def test_an_unknown_dataset_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "animals").mkdir()
    (tmp_path / "animals/recipe.toml").write_text(ANIMALS.read_text("utf-8"))
    with pytest.raises(RecipeError, match=r"no dataset 'fungi'.*known: animals"):
        load_recipe(tmp_path, "fungi")


def test_a_folder_and_its_recipe_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "fungi").mkdir()
    (tmp_path / "fungi/recipe.toml").write_text(ANIMALS.read_text("utf-8"))
    with pytest.raises(RecipeError, match=r"'animals' but its folder is 'fungi'"):
        load_recipe(tmp_path, "fungi")


def test_a_recipe_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "animals").mkdir()
    (tmp_path / "animals/recipe.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path, "animals")
