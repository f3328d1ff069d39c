"""What a release holds and what it lists as left out."""

from dataclasses import replace
from typing import Any

import pytest

from menagerie.catalog.releases import PERSON, RULES, Judged
from menagerie.curation.reasons import Reason
from menagerie.errors import ReleaseError
from menagerie.photos.row import Side
from menagerie.recipe import Recipe
from menagerie.release.contents import Contents, as_judged, fill, place, shaping
from tests.builders import recipe

SMALL = recipe(release={"min_per_class": 2, "test_fraction": 0.5})


def judged(key: int, label: str = "monkey", **changes: Any) -> Judged:
    fields: dict[str, Any] = dict.fromkeys(Judged.__dataclass_fields__)
    fields |= {
        "key": key,
        "photo_id": str(key),
        "label": label,
        "owner": f"{key}@N00",
        "reason": Reason.ACCEPTED,
        "group_key": key,
    }
    return Judged(**{**fields, **changes})


PHOTOS = [judged(n, label) for n, label in enumerate(("monkey", "boar", "crow") * 4)]


def contents(
    photos: list[Judged], earlier: dict[str, Side] | None = None, asked: Recipe = SMALL
) -> Contents:
    return fill(photos, place(photos, earlier or {}, asked), asked, "flickr")


def test_every_accepted_photo_stands_in_one_row() -> None:
    ids = [photo.photo_id for photo in contents(PHOTOS).all_samples]
    assert sorted(ids) == sorted(photo.photo_id for photo in PHOTOS)


def test_a_bridge_is_listed_as_rejected_and_stays_so() -> None:
    bridge = judged(99, owner="0@N00", group_key=3)
    photos = [*PHOTOS, bridge]
    earlier: dict[str, Side] = {p.photo_id: "train" if p.key % 2 else "test" for p in PHOTOS}
    first = contents(photos, earlier)
    assert [(p.photo_id, p.reason) for p in first.rejected] == [("99", Reason.BRIDGES_SPLIT)]
    again = as_judged([*PHOTOS, replace(bridge, reason=Reason.BRIDGES_SPLIT)])
    assert contents(again, earlier).inputs() == first.inputs()


def test_a_bridge_is_left_out_by_the_rules_though_a_person_keeps_it() -> None:
    bridge = judged(99, owner="0@N00", group_key=3, decided_by=PERSON)
    earlier: dict[str, Side] = {p.photo_id: "train" if p.key % 2 else "test" for p in PHOTOS}
    (left,) = contents([*PHOTOS, bridge], earlier).rejected
    assert (left.reason, left.decided_by) == (Reason.BRIDGES_SPLIT, RULES)


def test_inputs_follow_from_what_is_released_not_from_where_it_lies() -> None:
    elsewhere = [replace(p, key=p.key + 500, block="b", row=p.key) for p in PHOTOS]
    assert contents(elsewhere).inputs() == contents(PHOTOS).inputs()
    retitled = [replace(PHOTOS[0], title="another"), *PHOTOS[1:]]
    assert contents(retitled).inputs() != contents(PHOTOS).inputs()


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
        contents([photo for photo in PHOTOS if photo.label != "boar"])


def test_a_class_of_one_owner_cannot_be_divided() -> None:
    one = [replace(p, owner="1@N00") if p.label == "crow" else p for p in PHOTOS]
    with pytest.raises(ReleaseError, match="owners cannot be divided"):
        contents(one)


def test_photos_of_nobody_known_are_not_tied() -> None:
    nobodys = [replace(photo, owner="") for photo in PHOTOS]
    found = contents(nobodys)
    assert all(len(found.samples[side]) == 6 for side in ("train", "test"))


def test_given_sides_are_those_of_the_release() -> None:
    given = [replace(p, given_side="test" if p.key < 3 else "train") for p in PHOTOS]
    assert sorted(p.photo_id for p in contents(given).samples["test"]) == ["0", "1", "2"]
