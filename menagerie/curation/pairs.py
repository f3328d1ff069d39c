"""Pairs of 64-bit hashes that differ in few bits, found without comparing each with each.

By the pigeonhole principle two hashes that differ in at most r bits agree on at least m - r of m
blocks of bits (Manku, Jain and Das Sarma, "Detecting near-duplicates for web crawling", 2007).
So for each choice of m - r blocks only those hashes are compared that agree on all of them. How
many blocks there are is weighed for each search: more blocks are more sorting and less comparing.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indexes = NDArray[np.int64]
Pairs = NDArray[np.int64]
Places = tuple[Indexes, Indexes]
_Mask = NDArray[np.bool_]

CROWD = 32
"""Of so many photos with one hash all pairs are told; the others are paired with some of them."""

_HASH_BITS = 64
# NumPy sorts keys of 16 bits by radix, nine times as fast as 64 bits.
_KEY_BITS = 16
_LOT = 1 << 17
# A bucket of more hashes is split further, by the bits in which its hashes differ.
_CROWDED_BUCKET = 4096
# Measured, in nanoseconds: to sort a hash into its bucket, and to compare two.
_SORT_NS, _COMPARE_NS = 25.0, 1.5
_EVEN = 1 / 16


def near_pairs(hashes: Hashes, radius: int) -> Pairs:
    """Find all pairs of hashes at most `radius` bits apart.

    Returns int64 (m, 2) with the smaller index first, sorted. Where more than CROWD hashes are
    equal, many blank pictures for instance, each is paired with the first and the next CROWD
    of its equals, and only the first CROWD with other hashes.
    """
    distinct = _Distinct.of(hashes)
    found = list(distinct.equals())
    everyone = np.ones(len(distinct.values), dtype=np.bool_)
    for low, high in _search(distinct.values, everyone, radius):
        left, right = _product(distinct, distinct, low, high)
        found.append(_packed(np.minimum(left, right), np.maximum(left, right)))
    return _sorted(found)


def pairs_between(left: Hashes, right: Hashes, radius: int) -> Pairs:
    """Find all pairs of one hash of `left` and one of `right` at most `radius` bits apart.

    Returns int64 (m, 2), indexes in `left` and `right`, sorted. What is told of crowds in
    `near_pairs` holds for each side. A small side against a large one costs little: the large
    one is not sorted.
    """
    one, two = _Distinct.of(left), _Distinct.of(right)
    count = len(one.values)
    values = np.concatenate([one.values, two.values])
    is_right = np.arange(len(values)) >= count
    fresh = is_right if len(two.values) <= count else ~is_right
    found = [np.empty(0, dtype=np.int64)]
    for low, high in _search(values, fresh, radius):
        across = is_right[low] != is_right[high]
        low, high = np.minimum(low, high)[across], np.maximum(low, high)[across]
        found.append(_packed(*_product(one, two, low, high - count)))
    return _sorted(found)


def _packed(left: Indexes, right: Indexes) -> Indexes:
    """Write pairs of indexes as one number each: half the memory, and quickly sorted."""
    return (left << 32) | right


def _sorted(found: list[Indexes]) -> Pairs:
    packed = np.concatenate(found)
    found.clear()
    packed.sort()
    pairs = np.empty((len(packed), 2), dtype=np.int64)
    pairs[:, 0] = packed >> 32
    pairs[:, 1] = packed & 0xFFFFFFFF
    return pairs


@dataclass(frozen=True, slots=True)
class _Distinct:
    """Hashes, each once: those with value number v are `order[starts[v] : starts[v + 1]]`."""

    values: Hashes
    order: Indexes
    starts: Indexes

    @classmethod
    def of(cls, hashes: Hashes) -> "_Distinct":
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        is_first = np.ones(len(hashes), dtype=np.bool_)
        is_first[1:] = ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(is_first)
        return cls(ordered[starts], order, np.append(starts, len(hashes)))

    def equals(self) -> Iterator[Indexes]:
        """Yield pairs of equal hashes: each with the first and with the next CROWD."""
        sizes = np.diff(self.starts)
        first = np.repeat(self.starts[:-1], sizes)
        place = np.arange(len(self.order))
        end = np.repeat(self.starts[1:], sizes)
        far = place > first + CROWD
        yield _packed(self.order[first[far]], self.order[place[far]])
        for step in range(1, CROWD + 1):
            place = place[place + step < end[place]]
            yield _packed(self.order[place], self.order[place + step])


def _product(one: _Distinct, two: _Distinct, low: Indexes, high: Indexes) -> Places:
    """Pair the first CROWD hashes of each value `low` of `one` with those of `high` of `two`."""
    many = np.minimum(np.diff(one.starts)[low], CROWD)
    others = np.minimum(np.diff(two.starts)[high], CROWD)
    pair = np.repeat(np.arange(len(low)), many * others)
    place = np.arange(len(pair)) - np.repeat(
        np.cumsum(many * others) - many * others, many * others
    )
    left = one.order[one.starts[low[pair]] + place // others[pair]]
    right = two.order[two.starts[high[pair]] + place % others[pair]]
    return left, right


def _search(values: Hashes, fresh: _Mask, radius: int) -> Iterator[Places]:
    """Yield each pair of positions once whose values lie within `radius`.

    Pairs of which neither is fresh may be left out, and may be told.
    """
    bits = _differing_bits(values)
    count = _block_count(len(values), int(fresh.sum()), len(bits), radius)
    if count is None:
        yield from _each_with_each(values, fresh, radius)
        return
    blocks = [_Block.of(values, bits[number::count]) for number in range(count)]
    for chosen in combinations(range(count), count - radius):
        agreed = [blocks[number] for number in chosen]
        earlier = [blocks[n] for n in range(chosen[-1]) if n not in chosen]
        for low, high in _in_lots(_within_buckets(values, fresh, radius, agreed, earlier)):
            # A pair is told where its first blocks in common are the chosen ones, and not again.
            differing = values[low] ^ values[high]
            is_new = np.ones(len(low), dtype=np.bool_)
            for block in agreed:
                is_new &= (differing & block.mask) == 0
            for block in earlier:
                is_new &= (differing & block.mask) != 0
            yield low[is_new], high[is_new]


@dataclass(frozen=True, slots=True)
class _Block:
    """Some bits of all values, side by side: uint16 (n,)."""

    values: NDArray[np.uint16]
    width: int
    mask: np.uint64

    @classmethod
    def of(cls, values: Hashes, bits: Sequence[int]) -> "_Block":
        gathered = np.zeros(len(values), dtype=np.uint16)
        for bit in bits:
            gathered <<= 1
            gathered |= ((values >> np.uint64(bit)) & np.uint64(1)).astype(np.uint16)
        return cls(gathered, len(bits), np.uint64(sum(1 << bit for bit in bits)))


def _in_lots(
    found: Iterable[Places],
) -> Iterator[Places]:
    """Yield pairs in lots, so that what is done with them is not done for a handful each time."""
    waiting: list[Places] = []
    count = 0
    for pair in found:
        waiting.append(pair)
        count += len(pair[0])
        if count > _LOT:
            yield _joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(lots: Sequence[Places]) -> Places:
    return np.concatenate([low for low, _ in lots]), np.concatenate([high for _, high in lots])


def _differing_bits(values: Hashes) -> list[int]:
    """Return the bits that tell these values apart: each is set in some and clear in some."""
    shares = [
        float(((values[:: max(1, len(values) // 4096)] >> np.uint64(bit)) & np.uint64(1)).mean())
        for bit in range(_HASH_BITS if len(values) else 0)
    ]
    return [bit for bit, share in enumerate(shares) if _EVEN < share < 1 - _EVEN]


@lru_cache(4096)
def _block_count(size: int, fresh: int, bits: int, radius: int) -> int | None:
    """Choose into how many blocks to cut; None where comparing each with each costs less."""
    best, choice = size * fresh * _COMPARE_NS, None
    for count in range(radius + 1, bits + 1):
        width = -(-bits // count) * (count - radius)
        if width > _KEY_BITS:
            continue
        in_bucket = size / 2 ** (bits * (count - radius) / count)
        table = size * _SORT_NS * min(1.0, 0.1 + fresh / 2**width) + fresh * in_bucket * _COMPARE_NS
        cost = math.comb(count, radius) * table
        if cost < best:
            best, choice = cost, count
    return choice


def _within_buckets(
    values: Hashes,
    fresh: _Mask,
    radius: int,
    agreed: Sequence[_Block],
    earlier: Sequence[_Block],
) -> Iterator[Places]:
    """Yield the pairs within `radius` among values that agree on blocks; see `_search`.

    The largest buckets come first in the order, so that those with more than n members are a
    beginning of it, and each is compared with the n-th after it in one sweep.
    """
    key, width = _key(agreed)
    sizes = np.bincount(key, minlength=1 << width)
    sizes[np.bincount(key[fresh], minlength=1 << width) == 0] = 0
    by_size = np.argsort(-sizes, kind="stable")
    rank = np.empty(1 << width, dtype=np.uint16)
    rank[by_size] = np.arange(1 << width)
    sizes = sizes[by_size]
    ranks = rank[key]
    members = np.flatnonzero(sizes[ranks] > 0)
    members = members[np.argsort(ranks[members], kind="stable")]
    first = 0
    for size in sizes[sizes > _CROWDED_BUCKET].tolist():
        yield from _crowd(values, fresh, radius, members[first : first + size], earlier)
        first += size
    yield from _sweep(values, members[first:], sizes[sizes <= _CROWDED_BUCKET], radius)


def _key(blocks: Sequence[_Block]) -> tuple[NDArray[np.uint16], int]:
    key, width = blocks[0].values, blocks[0].width
    for block in blocks[1:]:
        key, width = np.left_shift(key, np.uint16(block.width)) | block.values, width + block.width
    return key, width


def _sweep(values: Hashes, members: Indexes, sizes: Indexes, radius: int) -> Iterator[Places]:
    ordered = values[members]
    ends = np.cumsum(sizes)
    for step in range(1, int(sizes.max(initial=0))):
        larger = int(np.searchsorted(-sizes, -step))
        end = int(ends[larger - 1])
        for start in range(0, end - step, _LOT):
            stop = min(start + _LOT, end - step)
            differing = ordered[start:stop] ^ ordered[start + step : stop + step]
            low = start + np.flatnonzero(np.bitwise_count(differing) <= radius)
            if len(low):
                yield members[low], members[low + step]


def _crowd(
    values: Hashes,
    fresh: _Mask,
    radius: int,
    members: Indexes,
    earlier: Sequence[_Block],
) -> Iterator[Places]:
    """Search a crowded bucket by the other bits.

    Most members may agree on an earlier block as well; those met there already.
    """
    wanted = fresh[members]
    for block in earlier:
        there = block.values[members]
        apart = there != np.bincount(there).argmax()
        if apart.sum() < wanted.sum():
            wanted = apart
    if wanted.any():
        for low, high in _search(values[members], wanted, radius):
            yield members[low], members[high]


def _each_with_each(values: Hashes, fresh: _Mask, radius: int) -> Iterator[Places]:
    # The fresh ones first: each is compared with all that come after it.
    order = np.argsort(~fresh, kind="stable")
    ordered = values[order]
    for low in range(int(fresh.sum())):
        later = ordered[low + 1 :]
        high = low + 1 + np.flatnonzero(np.bitwise_count(later ^ ordered[low]) <= radius)
        if len(high):
            yield np.full(len(high), order[low]), order[high]
