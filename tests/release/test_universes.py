"""Releases of random universes: nothing leaks, nothing moves, and equal inputs give equal bytes."""

import hashlib
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from menagerie.curation.reasons import Reason
from menagerie.curation.standing import Choice
from menagerie.deciding import Wish, decide
from menagerie.errors import ReleaseError
from menagerie.recipe import Recipe
from menagerie.release.proof import Leaks, near_duplicates_across
from menagerie.release.tables import MANIFEST, REJECTED, rows_of
from menagerie.workshop import Workshop, open_workshop
from tests.builders import recipe
from tests.conftest import environment
from tests.release.universe import EDITS, LABELS, Shot, Universe, drawn, shots, sides_of

NOTHING = Leaks(owners=0, bursts=0, near_duplicates=0)
NUMBERS = count()


def asking(name: str, **curation: Any) -> Recipe:
    return recipe(
        dataset={"name": name},
        curation={"relevance": "off", **curation},
        release={"image_size_px": 32, "min_per_class": 2, "test_fraction": 0.3},
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Open one workshop for many datasets."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(
            tmp_path_factory.mktemp("shop"), "http://127.0.0.1:9"
        ).items():
            patch.setenv(name, value)
        with open_workshop() as opened:
            yield opened


@given(seed=st.integers(0, 10_000), owners=st.integers(60, 120))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_no_universe_anything_stands_on_both_sides(
    shop: Workshop, tmp_path: Path, seed: int, owners: int
) -> None:
    universe = Universe(shop, asking(f"leaks-{next(NUMBERS)}"), tmp_path)
    universe.add(shots(seed, 60, owners))
    try:
        release = universe.publish()
    except ReleaseError:
        # Owners and copies can tie nearly all photos together.
        reject()
    assert universe.leaks(release) == NOTHING
    assert set(sides_of(release).values()) == {"train", "test"}


def test_a_real_crawl_by_made_up_owners_does_not_leak(
    shop: Workshop, tmp_path: Path, shared: Path
) -> None:
    universe = Universe(shop, asking("crawl"), tmp_path)
    files = sorted((shared / "photos/crawl").glob("*/*.jpg"))
    universe.add(
        [
            Shot(
                file.stem,
                file.parent.name,
                f"{int(hashlib.sha256(file.stem.encode()).hexdigest(), 16) % 300}@N00",
                file.read_bytes(),
            )
            for file in files
        ]
    )
    release = universe.publish()
    assert universe.leaks(release) == NOTHING
    assert len(sides_of(release)) > 700


def test_over_ten_refreshes_no_photo_changes_sides(shop: Workshop, tmp_path: Path) -> None:
    universe = Universe(shop, asking("refreshed"), tmp_path)
    universe.add(shots(7, 60, 25))
    stood: dict[str, str] = {}
    for turn in range(10):
        release = universe.publish()
        sides = sides_of(release)
        assert universe.leaks(release) == NOTHING
        assert all(stood.setdefault(photo, side) == side for photo, side in sides.items())
        universe.add(shots(7, 12, 25, first=60 + 12 * turn))
        universe.remove(sorted(sides)[turn::40])
    assert len(stood) > 80


def test_what_was_found_to_be_alike_later_is_left_out_though_a_person_keeps_it(
    shop: Workshop, tmp_path: Path
) -> None:
    # Next to nothing is a near-duplicate at first, so copies come to stand on both sides.
    universe = Universe(shop, asking("blind", near_duplicate_bits=0), tmp_path)
    universe.add(
        [
            Shot(f"{edit}-{seed}", LABELS[seed % 3], f"{edit}-{seed}@N00", EDITS[edit](drawn(seed)))
            for edit in (0, 3)
            for seed in range(40)
        ]
    )
    first = universe.publish()
    rows = {(row["split"], row["row"]): row["photo_id"] for row in rows_of(first / MANIFEST)}
    alike = near_duplicates_across(first, 6, shop.catalog).tolist()
    assert alike
    universe.recipe = asking("blind", near_duplicate_bits=6)
    for train, test in alike:
        for place in (("train", train), ("test", test)):
            wish = Wish(Choice.KEEP, rows[place])
            decide(shop.catalog, universe.recipe, wish, "somebody")
    second = universe.publish()
    assert universe.leaks(second) == NOTHING
    bridges = {
        row["photo_id"]
        for row in rows_of(second / REJECTED)
        if row["reason"] == Reason.BRIDGES_SPLIT
    }
    assert all({rows["train", train], rows["test", test]} & bridges for train, test in alike)
    assert sides_of(second).items() <= sides_of(first).items()
    assert universe.publish() == second


def test_another_home_order_and_number_of_threads_give_the_same_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shots(11, 60, 25)
    ids = []
    for place, lots in (("here", [found]), ("there", [found[n::4][::-1] for n in range(4)])):
        folder = tmp_path / place
        folder.mkdir()
        for name, value in environment(folder, "http://127.0.0.1:9").items():
            monkeypatch.setenv(name, value)
        cores = os.sched_getaffinity(0)
        # Decoding takes as many threads as there are cores to use.
        os.sched_setaffinity(0, cores if place == "here" else {min(cores)})
        try:
            with open_workshop() as shop:
                universe = Universe(shop, asking("animals"), folder)
                for lot in lots:
                    universe.add(lot)
                ids.append(universe.publish().name)
        finally:
            os.sched_setaffinity(0, cores)
    assert ids[0] == ids[1]
