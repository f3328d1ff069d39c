"""Who stands in a release, where, and who is left out."""

from typing import Any

import pytest

from menagerie.catalog.judged import Contender
from menagerie.curation.reasons import Reason
from menagerie.errors import ReleaseError
from menagerie.photos.row import Side
from menagerie.recipe import Recipe
from menagerie.release.contents import Contents, choose, shaping
from tests.builders import recipe

SMALL = recipe(release={"min_per_class": 2, "test_fraction": 0.5})


def contender(key: int, label: str = "monkey", **changes: Any) -> Contender:
    plain = Contender(key, str(key), label, f"{key}@N00", Reason.ACCEPTED, key)
    return plain._replace(**changes)


PHOTOS = [contender(n, label) for n, label in enumerate(("monkey", "boar", "crow") * 4)]


def chosen(photos: list[Contender], asked: Recipe = SMALL) -> Contents:
    return choose(photos, asked, "flickr")


def released(photos: list[Contender], bridge: Contender) -> list[Contender]:
    """Put photos that were released before, turn by turn, beside a new one."""
    sides: tuple[Side, Side] = ("test", "train")
    return [*(photo._replace(earlier=sides[photo.key % 2]) for photo in photos), bridge]


def keys(contents: Contents, side: Side) -> list[int]:
    found: list[int] = contents.rows[side].tolist()
    return found


def test_every_accepted_photo_stands_in_one_row() -> None:
    found = chosen(PHOTOS)
    assert sorted(keys(found, "train") + keys(found, "test")) == [photo.key for photo in PHOTOS]
    assert sum(sum(counts.values()) for counts in found.counts.values()) == len(PHOTOS)


def test_a_bridge_is_listed_as_rejected() -> None:
    bridge = contender(99, owner="0@N00", group_key=3)
    found = chosen(released(PHOTOS, bridge))
    assert found.rejected.tolist() == found.bridges.tolist() == [99]


def test_a_duplicate_that_would_be_a_bridge_is_left_out_as_a_duplicate() -> None:
    bridge = contender(99, owner="0@N00", group_key=3, reason=Reason.DUPLICATE)
    found = chosen(released(PHOTOS, bridge))
    assert (found.rejected.tolist(), found.bridges.tolist()) == ([99], [])


def test_an_owner_whose_released_photos_stand_on_both_sides_keeps_the_larger_part() -> None:
    *before, last = released(PHOTOS, contender(99))
    mended = [p._replace(owner="one@N00") if p.key in {0, 1, 3} else p for p in before]
    found = chosen([*mended, last])
    assert found.bridges.tolist() == [0]
    assert {1, 3} <= set(keys(found, "train"))


def test_photos_that_are_rejected_or_waited_for_stand_in_no_row() -> None:
    blurred = contender(50, reason=Reason.BLURRED)
    waiting = contender(51, reason=Reason.AWAITING_DOWNLOAD)
    found = chosen([*PHOTOS, blurred, waiting])
    assert found.rejected.tolist() == [50]
    assert not {50, 51} & {*keys(found, "train"), *keys(found, "test")}


def test_only_new_sides_are_to_be_kept() -> None:
    found = chosen(released(PHOTOS, contender(99)))
    assert sorted(key for side in found.sides.values() for key in side.tolist()) == [99]


def test_rejected_photos_stand_in_the_order_of_their_ids() -> None:
    odd = [contender(70 + n, photo_id=name, reason=Reason.GONE) for n, name in enumerate("Zaé1")]
    assert chosen([*PHOTOS, *odd]).rejected.tolist() == [73, 70, 71, 72]


def test_neither_order_nor_keys_matter() -> None:
    there = chosen([photo._replace(key=photo.key + 500) for photo in reversed(PHOTOS)])
    here = chosen(PHOTOS)
    assert keys(there, "test") == [key + 500 for key in keys(here, "test")]


def test_more_epochs_or_another_schedule_make_no_other_release() -> None:
    other = recipe(training={"epochs": 99}, schedule={"cron": "0 0 * * *"})
    assert shaping(other) == shaping(recipe())
    assert shaping(recipe(training={"seed": 1})) != shaping(recipe())


def test_where_a_folder_lies_is_not_told() -> None:
    here, there = (
        recipe(source={"kind": "folder", "path": f"/{place}/photos"}) for place in ("a", "b")
    )
    assert shaping(here) == shaping(there)
    assert "/a/" not in shaping(here).to_toml()


def test_a_class_with_too_few_photos_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"'boar' has 0 usable photos.*at least 2"):
        chosen([photo for photo in PHOTOS if photo.label != "boar"])


def test_too_many_photos_that_failed_for_now_are_waited_for() -> None:
    failed = [contender(60 + n, reason=Reason.DOWNLOAD_FAILED) for n in range(2)]
    with pytest.raises(ReleaseError, match=r"2 of the 14 photos.*max_failed_share = 0.02"):
        chosen([*PHOTOS, *failed])
    lenient = recipe(
        source={"max_failed_share": 0.2}, release={"min_per_class": 2, "test_fraction": 0.5}
    )
    assert sum(map(len, chosen([*PHOTOS, *failed], lenient).rows.values())) == len(PHOTOS)


def test_nothing_at_all_is_too_few() -> None:
    with pytest.raises(ReleaseError, match="'monkey' has 0 usable photos"):
        chosen([])


def test_a_class_of_one_owner_cannot_be_divided() -> None:
    one = [p._replace(owner="1@N00") if p.label == "crow" else p for p in PHOTOS]
    with pytest.raises(ReleaseError, match="its owners, whose photos stand on one side"):
        chosen(one)


def test_photos_of_nobody_known_are_not_tied() -> None:
    found = chosen([photo._replace(owner="") for photo in PHOTOS])
    assert all(len(found.rows[side]) == 6 for side in found.rows)


def test_given_sides_are_those_of_the_release() -> None:
    given = [p._replace(given="test" if p.key < 3 else "train") for p in PHOTOS]
    assert sorted(keys(chosen(given), "test")) == [0, 1, 2]
