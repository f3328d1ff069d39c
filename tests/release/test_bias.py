"""What a card says of how a release leans."""

from pathlib import Path
from typing import Any

from menagerie.release.bias import Owners, Year, owners_of, years_of
from menagerie.release.tables import MANIFEST
from tests.release.builders import sample, write_rows

# The 1st of July of two years.
IN_2010, IN_2020 = 1_277_942_400, 1_593_561_600


def manifest(folder: Path, *told: dict[str, Any]) -> Path:
    write_rows(folder, [sample(str(number), **each) for number, each in enumerate(told)])
    return folder / MANIFEST


def test_shares_of_the_busiest_owners(tmp_path: Path) -> None:
    owners = ["a"] * 5 + ["b"] * 3 + list("cdefghijkl")
    photos = manifest(tmp_path, *({"owner": owner} for owner in [*owners, "", ""]))
    assert owners_of(photos) == Owners(count=12, top=5 / 20, top_ten=16 / 20, unknown=2)


def test_nobody_known_is_no_owner(tmp_path: Path) -> None:
    assert owners_of(manifest(tmp_path, {"owner": ""})) == Owners(
        count=0, top=0, top_ten=0, unknown=1
    )


def test_years_are_counted_apart_and_what_is_unknown_comes_last(tmp_path: Path) -> None:
    photos = manifest(
        tmp_path,
        {"uploaded_at": IN_2020, "taken_at": "2010-05-01 10:00:00"},
        {"uploaded_at": IN_2020, "taken_at": ""},
        {"uploaded_at": 0, "taken_at": "2009"},
    )
    assert years_of(photos) == [
        Year("2009", 1, 0), Year("2010", 1, 0), Year("2020", 0, 2), Year("unknown", 1, 1)
    ]  # fmt: skip


def test_a_camera_without_a_clock_tells_no_year(tmp_path: Path) -> None:
    photos = manifest(
        tmp_path,
        {"uploaded_at": IN_2010, "taken_at": "0000-00-00 00:00:00"},
        {"uploaded_at": IN_2010, "taken_at": "2031-01-01 00:00:00"},
    )
    assert years_of(photos) == [Year("2010", 0, 2), Year("unknown", 2, 0)]
