"""When drawn photos were uploaded: crowds in large universes, none in small ones."""

import numpy as np
import pytest

from menagerie.sandbox.fates import Fates, Place
from menagerie.sandbox.search import CAP
from menagerie.sandbox.universe import drawn_universe
from menagerie.sandbox.uploads import CROWDS, crowded_dates

MILLION = drawn_universe(1_000_000).listing("crow")
HALF_HOUR = 1_800


def between(start: int, seconds: int) -> slice:
    first, last = np.searchsorted(MILLION.uploaded, [start, start + seconds])
    return slice(int(first), int(last))


def test_a_crowd_has_its_share() -> None:
    for crowd in CROWDS:
        rows = between(crowd.start, crowd.seconds)
        assert (rows.stop - rows.start) / 1_000_000 == pytest.approx(crowd.share, rel=0.1)


def test_one_half_hour_needs_a_split_by_licence_and_another_by_order_too() -> None:
    by_licence, by_order = (
        np.bincount(MILLION.license[between(crowd.start, crowd.seconds)])
        for crowd in CROWDS
        if crowd.seconds == HALF_HOUR
    )
    assert by_licence.sum() > 2 * CAP > 2 * by_licence.max()
    assert CAP < by_order.max() < 2 * CAP


def test_months_and_days_are_busy_or_quiet() -> None:
    months = np.unique(MILLION.uploaded.astype("datetime64[s]").astype("datetime64[M]"),
                       return_counts=True)[1]  # fmt: skip
    days = np.unique(MILLION.uploaded // 86_400, return_counts=True)[1]
    assert months.max() > 50 * months.min()
    assert np.percentile(days, 95) > 8 * np.median(days)


def test_dates_keep_the_order_of_places() -> None:
    dates = crowded_dates(np.linspace(0, 1, 10_001))
    assert (np.diff(dates) >= 0).all()


def test_a_small_universe_has_no_crowds() -> None:
    hours = drawn_universe(6_000).listing("crow").uploaded // 3_600
    assert np.bincount(hours - hours.min()).max() <= 8


def test_one_place_is_of_the_kind_that_its_column_says() -> None:
    fates = Fates("key", 700, ("a", "b"))
    indices = np.arange(700)
    for slot in (0, 1):
        slots = np.full(700, slot)
        places = [Place(slot, row) for row in range(700)]
        assert fates.kinds(slots, indices).tolist() == [fates.kind_at(place) for place in places]
        assert fates.follows(slots, indices).tolist() == [fates.follows_at(p) for p in places]


def test_photos_of_a_large_universe_are_the_same_one_by_one_or_together() -> None:
    universe = drawn_universe(100_000)
    ids = universe.listing("boar").ids[:40].tolist()
    assert universe.photos(ids) == [universe.photos([photo_id])[0] for photo_id in ids]


def test_a_re_upload_has_the_bytes_of_its_model_whatever_their_format() -> None:
    universe = drawn_universe(100_000)
    by_key: dict[str, set[str]] = {}
    for photo in universe.photos(universe.listing("boar").ids[:20_000].tolist()):
        if photo is not None:
            by_key.setdefault(photo.picture.key, set()).add(photo.original_format)
    assert {len(formats) for formats in by_key.values()} == {1}
    assert {f for formats in by_key.values() for f in formats} == {"jpg", "png", "gif"}
