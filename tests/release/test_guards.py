"""A release that would lose too much of a class is refused."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from menagerie.catalog.releases import record_release
from menagerie.errors import ReleaseError
from menagerie.recipe import Recipe
from menagerie.release.contents import Contents, choose
from menagerie.release.guards import refuse_drop
from tests.builders import recipe
from tests.release.builders import sample, write_release
from tests.release.conftest import Shelf
from tests.release.test_contents import contender


def contents(asked: Recipe, counts: dict[str, int], source: str = "flickr") -> Contents:
    labels = [label for label, n in counts.items() for _ in range(n)]
    return choose([contender(key, label) for key, label in enumerate(labels)], asked, source)


def asking(share: float) -> Recipe:
    return recipe(release={"min_per_class": 2, "test_fraction": 0.5, "max_drop_share": share})


def last(tmp_path: Path, counts: dict[str, int]) -> Path:
    labels = [label for label, n in counts.items() for _ in range(n)]
    photos = [sample(str(n), label=label) for n, label in enumerate(labels)]
    return write_release(tmp_path / "last", photos)


def test_lost_tiles_are_said_with_their_cure(shelf: Shelf) -> None:
    for block in shelf.shop.settings.home.glob("tiles/**/*.npy"):
        block.unlink()
    with pytest.raises(ReleaseError, match=r"were lost or damaged: .*`menagerie curate animals`"):
        shelf.publish("Another")


EVEN = {"monkey": 10, "boar": 10, "crow": 10}


def test_every_class_that_falls_too_far_is_named(tmp_path: Path) -> None:
    now = contents(asking(0.2), {"monkey": 7, "boar": 8, "crow": 5})
    with pytest.raises(ReleaseError) as caught:
        refuse_drop(now, last(tmp_path, EVEN))
    assert "'monkey' from 10 to 7, by 30%; 'crow' from 10 to 5, by 50%; " in str(caught.value)
    assert "'boar'" not in str(caught.value)
    assert "menagerie release animals --allow-drop" in str(caught.value)


def test_a_fall_by_the_very_share_is_allowed(tmp_path: Path) -> None:
    refuse_drop(contents(asking(0.2), {**EVEN, "crow": 8}), last(tmp_path, EVEN))


def test_more_samples_and_new_classes_are_no_fall(tmp_path: Path) -> None:
    refuse_drop(contents(asking(0.0), {**EVEN, "crow": 30}), last(tmp_path, {"monkey": 10}))


def test_a_class_that_the_recipe_no_longer_names_may_go(tmp_path: Path) -> None:
    refuse_drop(contents(asking(0.0), EVEN), last(tmp_path, {**EVEN, "owl": 50}))


def test_photos_of_another_source_are_another_dataset(tmp_path: Path) -> None:
    refuse_drop(contents(asking(0.0), EVEN, "sandbox"), last(tmp_path, {"crow": 99}))


def test_without_a_release_or_with_a_damaged_one_there_is_no_measure(tmp_path: Path) -> None:
    refuse_drop(contents(asking(0.0), EVEN), tmp_path / "nowhere")
    damaged = last(tmp_path, {"crow": 99})
    (damaged / "manifest.parquet").write_bytes(b"PAR1")
    refuse_drop(contents(asking(0.0), EVEN), damaged)


def crows(shelf: Shelf) -> list[str]:
    rows = pq.read_table(shelf.dataset / "current/manifest.parquet").to_pylist()
    return sorted(row["photo_id"] for row in rows if row["label"] == "crow")


def test_a_release_that_would_lose_too_much_is_refused_until_it_is_allowed(shelf: Shelf) -> None:
    first = shelf.current
    shelf.reject(crows(shelf)[::2])
    with pytest.raises(ReleaseError, match=r"'crow' from .*release\.max_drop_share"):
        shelf.publish()
    assert shelf.current == first
    allowed = shelf.publish(allow_drop=True)
    assert allowed == shelf.current != first
    # From now on this is the measure.
    assert shelf.publish() == allowed


def test_permission_to_drop_does_not_shape_the_release(shelf: Shelf) -> None:
    assert shelf.publish(allow_drop=True) == shelf.current


def test_a_release_of_another_sandbox_is_no_measure(shelf: Shelf) -> None:
    first = shelf.current
    record_release(shelf.shop.catalog, "animals", first, "what it was made from", "sandbox-other")
    shelf.reject(crows(shelf)[::2])
    assert shelf.publish() != first
