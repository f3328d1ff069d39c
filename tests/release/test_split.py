"""The split: groups stand on one side, for ever."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from menagerie.photos.row import Side
from menagerie.release.keys import key_of
from menagerie.release.split import NOWHERE, SPLITS, Members, Sides, assign


class Member(NamedTuple):
    """A photo to be placed, its ties in words."""

    photo_id: str
    label: str
    ties: tuple[str, ...]
    released: bool = True
    given: Side | None = None


class Placed(NamedTuple):
    sides: dict[str, Side]
    bridges: set[str]


def place(
    photos: Sequence[Member], earlier: Mapping[str, Side], fraction: float, seed: int
) -> Placed:
    """Place photos, and say in words where they stand."""
    ordered = sorted(photos)
    ids = [photo.photo_id for photo in ordered]
    ties = [(place, key_of(tie) >> 1) for place, one in enumerate(ordered) for tie in one.ties]
    members = Members(
        pa.array(ids, pa.string()),
        np.array([ord(photo.label) - ord("a") for photo in ordered], dtype=np.int16),
        np.array([photo.released for photo in ordered], dtype=np.bool_),
        numbered([photo.given for photo in ordered]),
        numbered([earlier.get(photo_id) for photo_id in ids]),
        np.array(ties, dtype=np.int64).reshape(-1, 2),
    )
    split = assign(members, fraction, seed)
    sides = zip(ids, split.sides.tolist(), strict=True)
    bridges = zip(ids, split.bridges.tolist(), strict=True)
    return Placed(
        {photo_id: SPLITS[side] for photo_id, side in sides if side != NOWHERE},
        {photo_id for photo_id, is_bridge in bridges if is_bridge},
    )


def numbered(sides: Sequence[Side | None]) -> Sides:
    return np.array([NOWHERE if s is None else SPLITS.index(s) for s in sides], dtype=np.int8)


OWNERS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 30), st.sampled_from("abc")), max_size=60
)


def members(drawn: list[tuple[int, int, str]]) -> list[Member]:
    return [
        Member(str(n), label, (f"owner {owner}", f"group {group}"))
        for n, (owner, group, label) in enumerate(drawn)
    ]


@given(OWNERS)
def test_no_owner_and_no_group_stands_on_both_sides(drawn: list[tuple[int, int, str]]) -> None:
    photos = members(drawn)
    split = place(photos, {}, 0.3, seed=1)
    sides: dict[str, set[str]] = {}
    for photo in photos:
        for tie in photo.ties:
            sides.setdefault(tie, set()).add(split.sides[photo.photo_id])
    assert all(len(found) == 1 for found in sides.values())
    assert not split.bridges


@given(OWNERS, OWNERS)
def test_adding_photos_moves_none(
    first: list[tuple[int, int, str]], more: list[tuple[int, int, str]]
) -> None:
    photos = members(first + more)
    before = place(photos[: len(first)], {}, 0.3, seed=1)
    after = place(photos, before.sides, 0.3, seed=1)
    assert before.sides.items() <= after.sides.items()
    assert len(after.sides) + len(after.bridges) == len(photos)


@given(OWNERS, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(drawn: list[tuple[int, int, str]], chance: object) -> None:
    photos = members(drawn)
    shuffled = list(photos)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert place(photos, {}, 0.3, seed=1) == place(shuffled, {}, 0.3, seed=1)


def test_a_new_photo_that_ties_both_sides_is_left_out() -> None:
    old = [Member("1", "a", ("owner x",)), Member("2", "a", ("owner y", "group 1"))]
    bridge = Member("3", "a", ("owner x", "group 1"))
    split = place([*old, bridge], {"1": "train", "2": "test"}, 0.5, seed=1)
    assert split.bridges == {"3"}
    assert split.sides == {"1": "train", "2": "test"}


def test_a_new_photo_of_a_known_owner_goes_where_the_owner_stands() -> None:
    photos = [Member(str(n), "a", ("owner x",)) for n in range(9)]
    assert set(place(photos, {"4": "test"}, 0.1, seed=1).sides.values()) == {"test"}


def test_shares_of_each_class_come_close_to_what_was_asked() -> None:
    photos = [
        Member(f"{label}{n}", label, (f"owner {label} {n // 5}",))
        for label in "abc"
        for n in range(1000)
    ]
    sides = place(photos, {}, 0.2, seed=1).sides
    in_test = Counter(photo[0] for photo, side in sides.items() if side == "test")
    assert all(abs(in_test[label] / 1000 - 0.2) <= 0.015 for label in "abc")


def test_a_duplicate_is_placed_but_not_counted() -> None:
    kept = [Member(str(n), "a", (f"owner {n}",)) for n in range(10)]
    doubles = [Member(f"d{n}", "a", (f"owner {n % 10}",), released=False) for n in range(50)]
    sides = place([*kept, *doubles], {}, 0.2, seed=1).sides
    assert len(sides) == 60
    assert sum(sides[photo.photo_id] == "test" for photo in kept) == 2


def test_another_seed_is_another_split() -> None:
    photos = [Member(str(n), "a", (f"owner {n}",)) for n in range(100)]
    assert place(photos, {}, 0.5, seed=1) != place(photos, {}, 0.5, seed=2)


def test_given_sides_are_kept() -> None:
    photos = [Member(str(n), "a", (), given="test" if n < 8 else "train") for n in range(10)]
    split = place(photos, {}, 0.2, seed=1)
    assert split.sides == {str(n): "test" if n < 8 else "train" for n in range(10)}


def test_of_a_group_that_is_given_to_both_sides_the_test_photos_stay() -> None:
    photos = [
        Member("1", "a", ("group x",), given="train"),
        Member("2", "a", ("group x",), given="test"),
        Member("3", "a", ("group x",)),
    ]
    split = place(photos, {}, 0.2, seed=1)
    assert split.sides == {"2": "test", "3": "test"}
    assert split.bridges == {"1"}


def test_a_side_that_was_released_outranks_a_given_one() -> None:
    photos = [
        Member("1", "a", ("group x",), given="train"),
        Member("2", "a", ("group x",), given="test"),
    ]
    split = place(photos, {"1": "train"}, 0.2, seed=1)
    assert split.sides == {"1": "train"}
    assert split.bridges == {"2"}


GIVEN = st.lists(st.sampled_from([None, "train", "test"]), min_size=60, max_size=60)


@given(OWNERS, GIVEN, st.sets(st.integers(0, 59)))
def test_no_group_crosses_whatever_is_given_or_was_released(
    drawn: list[tuple[int, int, str]], sides: list[Side | None], released: set[int]
) -> None:
    photos = [m._replace(given=side) for m, side in zip(members(drawn), sides, strict=False)]
    # What was released before crossed nothing.
    before = place(members(drawn), {}, 0.3, seed=2).sides
    earlier = {str(n): before[str(n)] for n in released if str(n) in before}
    split = place(photos, earlier, 0.3, seed=1)
    stands: dict[str, set[Side]] = {}
    for photo in photos:
        assert (photo.photo_id in split.sides) != (photo.photo_id in split.bridges)
        if photo.photo_id in split.sides:
            side = split.sides[photo.photo_id]
            assert side == earlier.get(photo.photo_id, photo.given or side)
            for tie in photo.ties:
                stands.setdefault(tie, set()).add(side)
    assert all(len(found) == 1 for found in stands.values())
