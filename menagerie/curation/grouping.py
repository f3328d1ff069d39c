"""Groups of near-duplicates: found by hash, confirmed on thumbnails, gathered round the best."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from menagerie.curation.likeness import Thumbs, same_picture
from menagerie.curation.pairs import Hashes, Pairs, near_pairs, pairs_between
from menagerie.curation.variants import WHOLE, WINDOWS, Window, variant_hashes

ReadThumbs = Callable[[Sequence[str]], Thumbs]
"""Reads the grey thumbnails of files named by their SHA-256, in that order: uint8 (n, 32, 32)."""

SLICE = 1_000_000 // len(WINDOWS)
"""Of so many files at a time the windows are compared: a million hashes stand in memory."""

_LOT = 5_000
# As many thumbnails as a processor keeps at hand.
_HASHED_AT_ONCE = 1_000


def pieces_of(count: int) -> int:
    """Return how many pieces the search among so many files has: see `near_duplicates`."""
    return 1 + -(-count // SLICE)


def near_duplicates(
    sha256s: Sequence[str],
    hashes: Hashes,
    radius: int,
    thumbs: ReadThumbs,
    pieces: Iterable[int] | None = None,
) -> Pairs:
    """Find the pairs of different files that show one picture.

    `hashes` are their pHashes, uint64 (n,). Whole pictures are compared, and whole ones with
    windows and mirror images of others, which takes one look at every thumbnail. Returns
    int64 (m, 2) with the smaller index first, sorted. No more than a lot of thumbnails is held.

    The search has pieces that need nothing of one another: whole pictures are piece 0, and the
    windows of the n-th slice of the files are piece n. What all find is the union of what each
    of them finds; `pieces` names those that are wanted.
    """
    found: set[tuple[int, int]] = set()
    for piece in range(pieces_of(len(hashes))) if pieces is None else pieces:
        for window, pairs in _candidates(piece, sha256s, hashes, radius, thumbs):
            # Whatever was found is in the outcome, so not to ask again changes nothing.
            fresh = [pair for pair in pairs.tolist() if (min(pair), max(pair)) not in found]
            for start in range(0, len(fresh), _LOT):
                lot = np.array(fresh[start : start + _LOT], dtype=np.int64)
                shows = same_picture(*_both(sha256s, lot, thumbs), window)
                found.update((min(pair), max(pair)) for pair in lot[shows].tolist())
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _candidates(
    piece: int, sha256s: Sequence[str], hashes: Hashes, radius: int, thumbs: ReadThumbs
) -> Iterator[tuple[Window, Pairs]]:
    """Yield the pairs of a piece: the whole of the first looks like a window of the second."""
    if piece == 0:
        yield WHOLE, near_pairs(hashes, radius)
        return
    start = (piece - 1) * SLICE
    names = sha256s[start : start + SLICE]
    count = len(names)
    pairs = pairs_between(hashes, _variants(names, thumbs).ravel(), radius)
    for number, window in enumerate(WINDOWS):
        of_window = pairs[pairs[:, 1] // count == number] + [0, start - number * count]
        yield window, of_window[of_window[:, 0] != of_window[:, 1]]


def _variants(sha256s: Sequence[str], thumbs: ReadThumbs) -> NDArray[np.uint64]:
    lots = [
        variant_hashes(thumbs(sha256s[start : start + _HASHED_AT_ONCE]))
        for start in range(0, len(sha256s), _HASHED_AT_ONCE)
    ]
    return np.concatenate(lots, axis=1)


def _both(sha256s: Sequence[str], pairs: Pairs, thumbs: ReadThumbs) -> tuple[Thumbs, Thumbs]:
    """Read the thumbnails of both sides of pairs, each file's once."""
    needed, places = np.unique(pairs, return_inverse=True)
    read = thumbs([sha256s[index] for index in needed.tolist()])
    left, right = places.reshape(pairs.shape).T
    return read[left], read[right]


def leaders(size: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Gather `size` nodes, the best first, round leaders: name each node's leader.

    A node joins the best leader that it is paired with, and is a leader itself when there is
    none. So every member looks like its leader: a chain of likenesses, each picture a bit
    unlike the one before, does not tie its ends together. No two leaders are paired.
    """
    better: dict[int, list[int]] = {}
    for low, high in pairs:
        better.setdefault(max(low, high), []).append(min(low, high))
    names = list(range(size))
    for node in sorted(better):
        names[node] = min((other for other in better[node] if names[other] == other), default=node)
    return names


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
