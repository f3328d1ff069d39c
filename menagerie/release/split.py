"""The split: a group of photos stands on one side, and stays there.

Sides are numbers here: places in `SPLITS`, and `NOWHERE`. A million photos fit in columns of
numbers; as objects they would not.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from menagerie.photos.row import Side

SPLITS: tuple[Side, Side] = ("train", "test")
TRAIN, TEST, NOWHERE = 0, 1, -1

Sides = NDArray[np.int8]

_DRAWN_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Members:
    """Photos to be placed, in the order of their ids; every column but `ties` is (n,).

    Photos with a tie in common (an owner, a group) share a side; each row of `ties`, (m, 2), is
    the place of a photo and the number of a tie. One that is not `released`, a duplicate, is
    placed all the same: it may be needed in the place of the other one day. It does not count in
    the shares. `given` are the sides on which their source puts photos, `earlier` those of
    earlier releases.
    """

    ids: pa.StringArray
    labels: NDArray[np.int16]
    released: NDArray[np.bool_]
    given: Sides
    earlier: Sides
    ties: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """The side of each photo; `bridges` are left out, since they tie both sides together."""

    sides: Sides
    bridges: NDArray[np.bool_]


def assign(members: Members, test_fraction: float, seed: int) -> Split:
    """Place every photo on a side.

    Photos that share a tie form a group (a connected component) and stand on one side.
    Those of an earlier release keep their side; a new photo whose group stands on both is
    left out. A group with given sides and no earlier one stands on that given side, or on test
    when there are both; a photo that is given to the other side than its group's is left out.
    Other new groups are drawn in an order that follows from the seed and their ids, and
    go to test as long as no class has its share there.
    """
    first, group = _groups(members)
    side, is_free = _side_of_groups(members, group, len(first))
    sides, earlier, given = side[group], members.earlier, members.given
    crossing = (sides == NOWHERE) | ((given != NOWHERE) & (given != sides))
    bridges = crossing & (earlier == NOWHERE) & ~is_free[group]
    sides[bridges] = NOWHERE
    sides = np.where(earlier == NOWHERE, sides, earlier)
    drawn = draws(seed, members.ids.take(pa.array(first[is_free])))
    free = np.flatnonzero(is_free)[in_order(drawn)]
    chosen = _free_to_test(free, group, members, Split(sides, bridges), test_fraction)
    placed = is_free[group]
    sides[placed] = np.where(chosen[group[placed]], TEST, TRAIN)
    return Split(sides, bridges)


def _groups(members: Members) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first member of each group, and the number of each member's group."""
    # Imported late: nothing else that a command starts with needs it.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(members.ids)
    photos, names = members.ties.T
    known, numbers = np.unique(names, return_inverse=True)
    nodes = count + len(known)
    ones = np.ones(len(photos), dtype=np.int8)
    graph = coo_array((ones, (photos, count + numbers)), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    _, first, group = np.unique(component[:count], return_index=True, return_inverse=True)
    return first, group


def _side_of_groups(
    members: Members, group: NDArray[np.int64], count: int
) -> tuple[Sides, NDArray[np.bool_]]:
    """Return the side of each group, NOWHERE where it has none or both, and who is free."""

    def holds(side: Sides, which: int) -> NDArray[np.bool_]:
        found = np.zeros(count, dtype=np.bool_)
        found[group[side == which]] = True
        return found

    in_train, in_test = (holds(members.earlier, which) for which in (TRAIN, TEST))
    to_train, to_test = (holds(members.given, which) for which in (TRAIN, TEST))
    is_new = ~(in_train | in_test)
    side = np.full(count, NOWHERE, dtype=np.int8)
    side[(in_train & ~in_test) | (is_new & to_train)] = TRAIN
    side[(in_test & ~in_train) | (is_new & to_test)] = TEST
    return side, is_new & (side == NOWHERE)


def _free_to_test(
    free: NDArray[np.int64],
    group: NDArray[np.int64],
    members: Members,
    split: Split,
    test_fraction: float,
) -> NDArray[np.bool_]:
    """Choose groups for test, in the order of `free`, so that each class comes near its share."""
    classes = int(members.labels.max(initial=0)) + 1
    counted = members.released & ~split.bridges
    total = np.bincount(members.labels[counted], minlength=classes)
    there = counted & (split.sides == TEST)
    in_test = np.bincount(members.labels[there], minlength=classes).astype(np.float64).tolist()
    wanted = (test_fraction * total).tolist()
    code = group[counted].astype(np.int64) * classes + members.labels[counted]
    held, counts = np.unique(code, return_counts=True)
    bounds = np.searchsorted(held, free * classes), np.searchsorted(held, (free + 1) * classes)
    labels, sizes = (held % classes).tolist(), counts.tolist()
    chosen = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.bool_)
    for number, start, stop in zip(free.tolist(), *(b.tolist() for b in bounds), strict=True):
        # How much nearer the shares come, by the sum of squares, when the group goes to test.
        gain = 0.0
        for place in range(start, stop):
            label, size = labels[place], sizes[place]
            gain -= size * (2 * (in_test[label] - wanted[label]) + size)
        if gain > 0:
            chosen[number] = True
            for place in range(start, stop):
                in_test[labels[place]] += sizes[place]
    return chosen


def draws(seed: int, ids: pa.StringArray) -> NDArray[np.uint64]:
    """Draw a place for each photo that depends on nothing but the seed and its id: (n, 2)."""
    drawn = np.empty((len(ids), 2), dtype=np.uint64)
    for start in range(0, len(ids), _DRAWN_AT_ONCE):
        lot = ids.slice(start, _DRAWN_AT_ONCE).to_pylist()
        digests = b"".join(
            hashlib.blake2b(f"{seed}/{photo_id}".encode(), digest_size=16).digest()
            for photo_id in lot
        )
        drawn[start : start + len(lot)] = np.frombuffer(digests, dtype=">u8").reshape(-1, 2)
    return drawn


def in_order(drawn: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the order of what `draws` has drawn."""
    order: NDArray[np.int64] = np.lexsort((drawn[:, 1], drawn[:, 0]))
    return order
