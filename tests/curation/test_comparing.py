"""Near-duplicates searched in parts: the verdicts are those of one search."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import select

from menagerie.catalog.curation import replace_verdicts
from menagerie.catalog.database import Catalog
from menagerie.catalog.tables import verdicts
from menagerie.curation import grouping
from menagerie.curation.comparing import compare, judge_compared, plan_comparing
from menagerie.curation.grouping import near_duplicates, pieces_of
from menagerie.curation.pairs import CROWD, Pairs
from menagerie.curation.variants import WHOLE, variant_hashes
from menagerie.curation.verdicts import Judging, judge_dataset
from menagerie.photos.fingerprint import THUMB_PX
from menagerie.workshop import open_workshop
from tests.builders import recipe
from tests.release.universe import Universe, shots

RADIUS = 6
MANY = 10**6


def pictures(seed: int, count: int, crowd: int) -> NDArray[np.uint8]:
    """Draw grey pictures: some of their own, copies and mirror images of them, and a crowd."""
    chance = np.random.default_rng(seed)
    step = np.arange(THUMB_PX)
    waves = np.cos(np.pi * step[:, None] * (2 * step + 1) / (2 * THUMB_PX))
    strengths = chance.normal(size=(count, THUMB_PX, THUMB_PX)) / (1 + step[:, None] + step)
    grey = waves.T @ strengths @ waves
    grey *= 50 / grey.std(axis=(1, 2), keepdims=True)
    grey[1::4] = grey[0::4][: len(grey[1::4])] + 5
    grey[2::4] = grey[0::4][: len(grey[2::4]), :, ::-1]
    # Symmetric, so that its hash is that of its mirror image as well.
    same = np.repeat((grey[:1] + grey[:1, :, ::-1]) / 2, crowd, axis=0)
    drawn = np.concatenate([grey, same + chance.normal(size=same.shape)])
    return chance.permutation(np.clip(128 + drawn, 0, 255).astype(np.uint8))


def search(thumbs: NDArray[np.uint8], size: int, pieces: Sequence[int] | None = None) -> Pairs:
    """Search with slices of so many files."""
    names = [str(number) for number in range(len(thumbs))]
    hashes = variant_hashes(thumbs, (WHOLE,))[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "SLICE", size)
        wanted = range(pieces_of(len(thumbs))) if pieces is None else pieces
        return near_duplicates(
            names, hashes, RADIUS, lambda asked: thumbs[[int(name) for name in asked]], wanted
        )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.integers(1, 40), st.integers(0, CROWD + 9), st.integers(5, 90))
def test_what_the_pieces_find_is_what_one_search_finds(
    seed: int, count: int, crowd: int, size: int
) -> None:
    thumbs = pictures(seed, count, crowd)
    pieces = range(1 + -(-len(thumbs) // size))
    apart = {tuple(pair) for piece in pieces for pair in search(thumbs, size, [piece]).tolist()}
    assert sorted(apart) == [tuple(pair) for pair in search(thumbs, size).tolist()]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.integers(1, 40), st.integers(5, 90))
def test_without_crowds_the_size_of_a_slice_changes_nothing(
    seed: int, count: int, size: int
) -> None:
    thumbs = pictures(seed, count, 0)
    assert search(thumbs, size).tolist() == search(thumbs, MANY).tolist()


@pytest.fixture(scope="module")
def universe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Universe]:
    folder = tmp_path_factory.mktemp("universe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENAGERIE_HOME", str(folder / "home"))
        with open_workshop() as shop:
            asked = recipe()
            made = Universe(shop, asked, folder)
            made.add(shots(3, 30, 40))
            yield made


def judged(catalog: Catalog) -> list[tuple[object, ...]]:
    with catalog.begin() as connection:
        rows = connection.execute(select(verdicts).order_by(verdicts.c.photo_key))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("size", [7, MANY])
@pytest.mark.parametrize("kind", ["folder", "store"])
def test_verdicts_by_the_pairs_of_parts_are_those_of_one_judge(
    universe: Universe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, size: int
) -> None:
    monkeypatch.setattr(grouping, "SLICE", size)
    root = tmp_path if kind == "folder" else f"memory://{tmp_path.name}"
    catalog, asked = universe.shop.catalog, universe.recipe
    judge_dataset(catalog, asked)
    expected = judged(catalog)
    replace_verdicts(catalog, asked.name, [])
    judging = Judging(catalog, asked)
    parts = plan_comparing(judging, root, asked)
    # Any order, and one of them twice, as when a worker is lost before it could say so.
    pairs = [compare(catalog, root, asked, part) for part in [*reversed(parts), parts[0]]]
    assert sum(pairs) > 0
    assert len(parts) == pieces_of(len(judging.sha256s))
    assert judge_compared(catalog, judging, root, asked, parts) == len(expected)
    assert judged(catalog) == expected


def test_what_a_killed_run_has_left_is_removed(universe: Universe, tmp_path: Path) -> None:
    left = tmp_path / "comparing" / universe.recipe.name / "0123-1-of-2.npy"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"pairs of photos that were others then")
    judging = Judging(universe.shop.catalog, universe.recipe)
    parts = plan_comparing(judging, tmp_path, universe.recipe)
    assert [file.stem for file in left.parent.iterdir()] == [parts[0].key]
