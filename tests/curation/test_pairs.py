"""Pairs of near hashes: what the index finds is what brute force finds, and crowds stay cheap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.curation.pairs import CROWD, Hashes, Pairs, near_pairs, pairs_between

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=30)


def brute_force(left: Hashes, right: Hashes, radius: int) -> Pairs:
    return np.argwhere(np.bitwise_count(left[:, None] ^ right) <= radius)


def upper(pairs: Pairs) -> Pairs:
    return pairs[pairs[:, 0] < pairs[:, 1]]


def random(count: int, seed: int = 0) -> Hashes:
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


def flipped(hashes: Hashes, bits: int, seed: int = 1) -> Hashes:
    """Hashes with that many bits changed, at most."""
    places = np.random.default_rng(seed).integers(0, 64, (bits, len(hashes))).astype(np.uint64)
    changes: Hashes = np.bitwise_or.reduce(np.uint64(1) << places, axis=0, initial=np.uint64(0))
    return hashes ^ changes


def sharing(count: int, free_bits: int) -> Hashes:
    """Hashes that are all the same but for the lowest bits."""
    return random(count, seed=2) % np.uint64(1 << free_bits) + np.uint64(0xBEEF << 48)


@given(HASHES, st.integers(0, 16), st.lists(st.integers(0, 63), max_size=12))
def test_the_index_finds_what_brute_force_finds(
    hashes: list[int], radius: int, flips: list[int]
) -> None:
    near = [value ^ (1 << bit) for value, bit in zip(hashes, flips, strict=False)]
    values = np.array(hashes + near, dtype=np.uint64)
    assert (
        near_pairs(values, radius).tolist() == upper(brute_force(values, values, radius)).tolist()
    )


@given(st.integers(0, 8), st.integers(0, 2**32))
def test_so_it_does_where_sorting_pays(radius: int, seed: int) -> None:
    values = random(2_000, seed)
    values = np.concatenate([values, flipped(values[:500], radius, seed), values[:50]])
    assert np.array_equal(near_pairs(values, radius), upper(brute_force(values, values, radius)))


@given(HASHES, HASHES, st.integers(0, 16))
def test_pairs_between_two_sides_are_those_of_brute_force(
    left: list[int], right: list[int], radius: int
) -> None:
    one, two = (np.array(side, dtype=np.uint64) for side in (left, right + left[::2]))
    assert pairs_between(one, two, radius).tolist() == brute_force(one, two, radius).tolist()


@pytest.mark.parametrize("free_bits", [12, 20, 32, 48])
def test_a_crowded_band_loses_no_pair(free_bits: int) -> None:
    values = np.unique(np.concatenate([sharing(6_000, free_bits), random(2_000)]))
    others = flipped(values[::40], 6)
    assert np.array_equal(near_pairs(values, 6), upper(brute_force(values, values, 6)))
    assert np.array_equal(pairs_between(values, others, 6), brute_force(values, others, 6))


def test_a_few_new_hashes_find_their_like_among_many_old_ones() -> None:
    old = random(50_000)
    new = flipped(old[:300], 6)
    assert {(n, n) for n in range(300)} <= set(map(tuple, pairs_between(old, new, 6).tolist()))


def test_equal_hashes_are_all_paired_up_to_a_crowd() -> None:
    values = np.full(CROWD, 7, dtype=np.uint64)
    assert len(near_pairs(values, 6)) == CROWD * (CROWD - 1) // 2


def test_a_crowd_of_equal_hashes_stays_linear_and_all_meet_the_first() -> None:
    pairs = near_pairs(np.zeros(20_000, dtype=np.uint64), 6)
    assert len(pairs) < 20_000 * (CROWD + 1)
    assert (pairs[:, 0] == 0).sum() == 19_999


def test_no_hashes_have_no_pairs() -> None:
    nothing = np.empty(0, dtype=np.uint64)
    assert near_pairs(nothing, 6).shape == (0, 2)
    assert pairs_between(nothing, random(5), 6).shape == (0, 2)
