"""The drawn universe brings what a real crawl brings, in fixed shares."""

from collections import Counter
from hashlib import sha256
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from menagerie.errors import CallError
from menagerie.sandbox.placeholder import placeholder_png
from menagerie.sandbox.records import Photo
from menagerie.sandbox.renditions import render
from menagerie.sandbox.sizes import BY_SUFFIX
from menagerie.sandbox.universe import Universe, drawn_universe

UNIVERSE = drawn_universe(240)


def photos(universe: Universe, keyword: str) -> list[Photo]:
    found = universe.photos([int(photo_id) for photo_id in universe.listing(keyword).ids])
    return [photo for photo in found if photo]


CROWS = photos(UNIVERSE, "crow")
ALL = [photo for keyword in UNIVERSE.keywords for photo in photos(UNIVERSE, keyword)]


def with_look(look: str) -> list[Photo]:
    return [photo for photo in ALL if f"/{look}/" in photo.picture.key]


def test_a_keyword_has_as_many_photos_as_asked() -> None:
    assert [len(UNIVERSE.listing(keyword)) for keyword in UNIVERSE.keywords] == [240, 240, 240]


def test_shares_of_what_spoils_a_crawl() -> None:
    looks = Counter(photo.picture.key.split("/")[-3] for photo in ALL)
    assert looks["plain"] > 500
    for look in ("broken", "blank", "dark", "bright", "blurred", "tiny", "panorama", "placeholder"):
        assert 3 <= looks[look] <= 12
    assert 50 <= looks["irrelevant"] <= 65


def test_some_photos_share_their_bytes_under_other_ids() -> None:
    pictures = Counter({photo.id: photo.picture.key for photo in ALL}.values())
    doubled = [key for key, times in pictures.items() if times > 1]
    assert 18 <= sum(pictures[key] - 1 for key in doubled) <= 36


def test_re_uploads_give_equal_bytes() -> None:
    pictures = Counter(photo.picture.key for photo in CROWS)
    key = next(key for key, times in pictures.items() if times > 1)
    copies = [photo for photo in CROWS if photo.picture.key == key]
    bodies = {sha256(render(copy.picture, BY_SUFFIX["_n"])).digest() for copy in copies}
    assert len(copies) > len(bodies) == 1
    assert len({copy.id for copy in copies}) == len(copies)


def test_a_few_ids_and_a_few_pictures_stand_under_two_keywords() -> None:
    keywords: dict[str, set[str]] = {}
    by_id: dict[str, set[str]] = {}
    for keyword in UNIVERSE.keywords:
        for photo in photos(UNIVERSE, keyword):
            by_id.setdefault(photo.id, set()).add(keyword)
            keywords.setdefault(photo.picture.key, set()).add(keyword)
    assert 2 <= sum(len(found) > 1 for found in by_id.values()) <= 6
    assert sum(len(found) > 1 for found in keywords.values()) > 3


def test_a_burst_is_one_owner_within_seconds() -> None:
    bursts = [(a, b) for a, b in pairwise(CROWS) if 0 < b.uploaded - a.uploaded < 60]
    assert 6 <= len(bursts) <= 14
    assert all(a.owner == b.owner for a, b in bursts)


def test_the_most_active_owner_has_a_dozen_photos() -> None:
    owners = Counter(photo.owner.nsid for photo in photos(drawn_universe(400), "crow"))
    assert len(owners) > 300
    assert max(Counter(photo.owner.nsid for photo in ALL).values()) <= 16


def test_one_photo_in_ten_is_all_rights_reserved() -> None:
    license_shares = Counter(photo.license for photo in ALL)
    assert 0.06 < license_shares[0] / len(ALL) < 0.14
    assert set(license_shares) <= set(range(17))
    assert sum(license_shares[number] for number in range(1, 7)) > 0.6 * len(ALL)


def test_drawings_differ_and_fill_the_frame() -> None:
    by_key = {photo.picture.key: photo.picture for photo in with_look("plain")}
    pictures = [picture for key, picture in by_key.items() if "/plain/0/" in key][:40]
    images = [picture.image() for picture in pictures]
    tiles = np.stack([np.asarray(image.resize((16, 16)), float) for image in images if image])
    apart = np.abs(tiles[:, None] - tiles[None]).mean(axis=(2, 3, 4))
    assert apart[~np.eye(len(tiles), dtype=bool)].min() > 5
    assert [image and image.size for image in images] == [p.dimensions for p in pictures]


@pytest.mark.parametrize(("look", "low", "high"), [("dark", 0, 20), ("bright", 240, 255)])
def test_bad_exposures_are_bad(look: str, low: int, high: int) -> None:
    for photo in with_look(look):
        image = photo.picture.image()
        assert image is not None
        assert low <= np.asarray(image.convert("L")).mean() <= high


def test_a_blank_picture_has_no_contrast() -> None:
    image = with_look("blank")[0].picture.image()
    assert image is not None
    assert np.asarray(image.convert("L")).std() < 3


def test_a_panorama_is_wider_than_anyone_wants() -> None:
    for photo in with_look("panorama"):
        width, height = photo.picture.dimensions
        assert width / height > 3.5


def test_broken_files_cannot_be_decoded() -> None:
    for photo in with_look("broken"):
        body = render(photo.picture, BY_SUFFIX["_n"])
        with pytest.raises(OSError, match=r"truncated|cannot identify"):
            Image.open(BytesIO(body)).load()


def test_a_placeholder_may_come_under_a_photos_own_address() -> None:
    assert render(with_look("placeholder")[0].picture, BY_SUFFIX["_n"]) == placeholder_png()


def test_nothing_is_enumerated_before_it_is_asked() -> None:
    universe = drawn_universe(50_000_000)
    assert universe.count("crow") == 50_000_000
    assert universe.photos([1, 2_000_000_001, 10**17]) == [None, None, None]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_universe_may_be_tiny(size: int) -> None:
    universe = drawn_universe(size)
    assert all(len(photos(universe, keyword)) == size for keyword in universe.keywords)


@pytest.mark.parametrize("size", [0, -1, 10**12])
def test_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(CallError, match=f"received {size}"):
        drawn_universe(size)
