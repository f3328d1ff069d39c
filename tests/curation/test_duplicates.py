"""Near-duplicates: the index finds what brute force finds, pixels decide."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from menagerie.curation.duplicates import CROWD, components, confirm, near_pairs

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=30, unique=True)


def brute_force(hashes: NDArray[np.uint64], radius: int) -> list[list[int]]:
    return [
        [low, high]
        for low in range(len(hashes))
        for high in range(low + 1, len(hashes))
        if int(np.bitwise_count(hashes[low] ^ hashes[high])) <= radius
    ]


@given(HASHES, st.integers(0, 16), st.lists(st.integers(0, 63), max_size=12))
def test_the_index_finds_what_brute_force_finds(
    hashes: list[int], radius: int, flips: list[int]
) -> None:
    near = {value ^ (1 << bit) for value, bit in zip(hashes, flips, strict=False)}
    values = np.array(sorted({*hashes, *near}), dtype=np.uint64)
    assert near_pairs(values, radius).tolist() == brute_force(values, radius)


def test_equal_hashes_are_all_paired_up_to_a_crowd() -> None:
    values = np.full(CROWD, 7, dtype=np.uint64)
    assert near_pairs(values, 6).tolist() == brute_force(values, 6)


def test_a_crowd_of_equal_hashes_stays_linear() -> None:
    pairs = near_pairs(np.zeros(20_000, dtype=np.uint64), 6)
    assert len(pairs) < 20_000 * (CROWD + 1)
    assert len(set(components(20_000, pairs.tolist()))) == 1


def test_no_photos_have_no_pairs() -> None:
    assert near_pairs(np.empty(0, dtype=np.uint64), 6).shape == (0, 2)


def test_pictures_of_equal_hash_that_differ_are_not_confirmed() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2, 32, 32), dtype=np.uint8)
    brighter = np.clip(noise[0].astype(int) + 40, 0, 255).astype(np.uint8)
    thumbs = np.stack([noise[0], brighter, noise[1]])
    assert confirm(np.array([[0, 1], [0, 2], [1, 2]]), thumbs).tolist() == [[0, 1]]


def test_blank_pictures_are_not_confirmed() -> None:
    blank = np.full((2, 32, 32), 200, dtype=np.uint8)
    assert confirm(np.array([[0, 1]]), blank).tolist() == []


@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19))))
def test_components_partition_the_nodes(size: int, pairs: list[tuple[int, int]]) -> None:
    inside = [(a, b) for a, b in pairs if a < size and b < size]
    names = components(size, inside)
    assert all(names[a] == names[b] for a, b in inside)
    assert all(names[name] == name and name <= node for node, name in enumerate(names))
