"""What a card says of how a release leans."""

from menagerie.release.bias import Owners, Year, owners_of, years_of
from tests.release.test_contents import judged

# The 1st of July of two years.
IN_2010, IN_2020 = 1_277_942_400, 1_593_561_600


def test_shares_of_the_busiest_owners() -> None:
    owners = ["a"] * 5 + ["b"] * 3 + list("cdefghijkl")
    photos = [judged(key, owner=owner) for key, owner in enumerate([*owners, "", ""])]
    assert owners_of(photos) == Owners(count=12, top=5 / 20, top_ten=16 / 20, unknown=2)


def test_nobody_known_is_no_owner() -> None:
    assert owners_of([judged(1, owner="")]) == Owners(count=0, top=0, top_ten=0, unknown=1)


def test_years_are_counted_apart_and_what_is_unknown_comes_last() -> None:
    photos = [
        judged(1, uploaded_at=IN_2020, taken_at="2010-05-01 10:00:00"),
        judged(2, uploaded_at=IN_2020, taken_at=""),
        judged(3, uploaded_at=0, taken_at="2009"),
    ]
    assert years_of(photos) == [
        Year("2009", 1, 0), Year("2010", 1, 0), Year("2020", 0, 2), Year("unknown", 1, 1)
    ]  # fmt: skip


def test_a_camera_without_a_clock_tells_no_year() -> None:
    photos = [
        judged(1, uploaded_at=IN_2010, taken_at="0000-00-00 00:00:00"),
        judged(2, uploaded_at=IN_2010, taken_at="2031-01-01 00:00:00"),
    ]
    assert years_of(photos) == [Year("2010", 0, 2), Year("unknown", 2, 0)]
