"""The demo keeps its hands off what is not its own."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from menagerie.demo import demo_recipe, refuse_to_replace_flickr
from menagerie.errors import CallError


def folders(tmp_path: Path, name: str, *classes: str) -> Path:
    for label in classes:
        (tmp_path / name / label).mkdir(parents=True)
    return tmp_path / name


def test_without_photos_the_demo_is_about_animals(tmp_path: Path) -> None:
    recipe = demo_recipe(None, tmp_path, fast=False)
    assert recipe.labels == ("monkey", "boar", "crow")
    assert (tmp_path / "animals/recipe.toml").exists()


def test_a_folder_of_other_classes_makes_a_dataset_of_its_own(tmp_path: Path) -> None:
    photos = folders(tmp_path, "My Pets", "Cat", "dog")
    recipe = demo_recipe(photos, tmp_path / "datasets", fast=False)
    assert (recipe.name, recipe.searches) == ("my-pets", (("cat", "Cat"), ("dog", "dog")))


@pytest.mark.parametrize(
    ("name", "classes"), [('my "best" pets', ("cat", "dog")), ("x", ("A b", "a-b", 'x"y'))]
)
def test_any_names_of_folders_make_a_recipe_that_can_be_used(
    tmp_path: Path, name: str, classes: tuple[str, ...]
) -> None:
    photos = folders(tmp_path, name, *classes)
    recipe = demo_recipe(photos, tmp_path / "datasets", fast=False)
    assert {word for _, word in recipe.searches} == set(classes)
    assert len(set(recipe.labels)) == len(classes)


def test_a_recipe_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    before = demo_recipe(None, tmp_path, fast=False)
    path = tmp_path / "animals/recipe.toml"
    path.write_text(path.read_text().replace("epochs = ", "epochs = 1"))
    assert demo_recipe(None, tmp_path, fast=False).training.epochs != before.training.epochs


def test_classes_that_the_recipe_asks_for_must_be_there(tmp_path: Path) -> None:
    photos = folders(tmp_path, "animals", "cat", "dog")
    demo_recipe(None, tmp_path / "datasets", fast=False)
    with pytest.raises(CallError, match="boar, crow, monkey"):
        demo_recipe(photos, tmp_path / "datasets", fast=False)


def test_fast_takes_fewer_photos_and_epochs(tmp_path: Path) -> None:
    full, fast = (demo_recipe(None, tmp_path, fast=fast) for fast in (False, True))
    assert fast.source.photos_per_keyword < full.source.photos_per_keyword
    assert fast.training.epochs < full.training.epochs


@pytest.mark.parametrize("classes", [(), ("crow",)])
def test_fewer_than_two_classes_are_refused(tmp_path: Path, classes: tuple[str, ...]) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(CallError, match=f"{len(classes)} of the two or more sub-folders"):
        demo_recipe(folders(tmp_path, "photos", *classes), tmp_path, fast=False)


def test_a_release_of_flickr_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    manifest = tmp_path / "current/manifest.parquet"
    pq.write_table(pa.table({"source": ["sandbox"]}), manifest)
    refuse_to_replace_flickr(tmp_path)
    pq.write_table(pa.table({"source": ["flickr"]}), manifest)
    with pytest.raises(CallError, match="MENAGERIE_DATASETS"):
        refuse_to_replace_flickr(tmp_path)
