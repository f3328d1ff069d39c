"""Near-duplicates: found by hash, confirmed by pixels."""

import itertools
import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

HASH_BITS = 64
CROWD = 64

MIN_CORRELATION = 0.85
"""Grey thumbnails of two files of one picture correlate at least so; see docs/curation.md."""


def near_pairs(hashes: NDArray[np.uint64], radius: int) -> NDArray[np.int64]:
    """Find all pairs of hashes at most `radius` bits apart.

    Returns int64 (m, 2) with the smaller index first, sorted. By the pigeonhole principle two
    hashes that differ in at most r of 64 bits agree on at least one of r + 1 bands (Manku,
    Jain and Das Sarma, "Detecting near-duplicates for web crawling", 2007); so only those that
    share a band are compared. Of equal hashes each is paired with the first and with the next
    CROWD, not each with each, or many blank pictures would make this quadratic.
    """
    distinct, inverse = np.unique(hashes, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    first = order[np.searchsorted(inverse[order], np.arange(len(distinct)))]
    found = _equal(inverse, order)
    masks = _bands(radius)
    for number, mask in enumerate(masks):
        for low, high in _sharing(distinct & mask):
            close = np.bitwise_count(distinct[low] ^ distinct[high]) <= radius
            low, high = low[close], high[close]
            for earlier in masks[:number]:
                # A pair that shares an earlier band was found there.
                new = (distinct[low] & earlier) != (distinct[high] & earlier)
                low, high = low[new], high[new]
            found.append(np.stack([first[low], first[high]], axis=1))
    pairs = np.sort(np.concatenate(found), axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _equal(inverse: NDArray[np.int64], order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    ordered = inverse[order]
    first = order[np.searchsorted(ordered, ordered)]
    found = [np.stack([first, order], axis=1)[first != order]]
    for low, high in itertools.islice(_sharing(ordered.astype(np.uint64)), CROWD):
        inner = first[low] != order[low]
        found.append(np.stack([order[low], order[high]], axis=1)[inner])
    return found


def _bands(radius: int) -> list[np.uint64]:
    edges = [HASH_BITS * n // (radius + 1) for n in range(radius + 2)]
    return [
        np.uint64(((1 << (end - start)) - 1) << start) for start, end in itertools.pairwise(edges)
    ]


def _sharing(keys: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield all pairs of positions with equal keys, in lots of at most as many as keys."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.arange(len(keys))
    for step in range(1, len(keys)):
        starts = starts[starts + step < len(keys)]
        starts = starts[ordered[starts] == ordered[starts + step]]
        if not len(starts):
            return
        yield order[starts], order[starts + step]


def confirm(
    pairs: NDArray[np.int64], thumbs: NDArray[np.uint8], min_correlation: float = MIN_CORRELATION
) -> NDArray[np.int64]:
    """Keep the pairs whose grey thumbnails, uint8 (n, height, width), show the same picture."""
    lots = np.array_split(pairs, max(1, len(pairs) // _LOT))
    return np.concatenate(
        [lot[correlation(thumbs[lot[:, 0]], thumbs[lot[:, 1]]) >= min_correlation] for lot in lots]
    )


_LOT = 10_000


def correlation(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pearson's correlation of grey pictures, uint8 (n, height, width) each: float32 (n,).

    It does not see brightness and contrast, which re-editing changes, and sees where two
    pictures of equal hash differ.
    """
    product: NDArray[np.float32] = (_standard(left) * _standard(right)).mean(axis=1)
    return product


def _standard(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = pictures.reshape(len(pictures), math.prod(pictures.shape[1:])).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    standard: NDArray[np.float32] = flat / np.maximum(flat.std(axis=1, keepdims=True), 1e-3)
    return standard


def components(size: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Name the connected component of each of `size` nodes by its smallest member."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in pairs:
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    return [root(node) for node in range(size)]
