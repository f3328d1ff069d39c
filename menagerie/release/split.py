"""The split: a group of photos stands on one side, and stays there."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from menagerie.curation.grouping import components
from menagerie.photos.row import Side


@dataclass(frozen=True, slots=True)
class Member:
    """A photo to be placed; photos with a tie in common (an owner, a group) share a side.

    One that is not `released`, a duplicate, is placed all the same: it may be needed in the
    place of the other one day. It does not count in the shares. `given` is the side on which
    its source puts it.
    """

    photo_id: str
    label: str
    ties: tuple[str, ...]
    released: bool = True
    given: Side | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Sides by photo id; `bridges` are photos left out, since they tie both sides together."""

    sides: dict[str, Side]
    bridges: frozenset[str]


def assign(
    members: Sequence[Member], earlier: Mapping[str, Side], test_fraction: float, seed: int
) -> Split:
    """Place every photo on a side.

    Photos that share a tie form a group (a connected component) and stand on one side.
    Those of an `earlier` release keep their side; a new photo whose group stands on both is
    left out. A group with given sides and no earlier one stands on that given side, or on test
    when there are both; a photo that is given to the other side than its group's is left out.
    Other new groups are drawn in an order that follows from the seed and their ids, and
    go to test as long as no class has its share there. The order of `members` is irrelevant.
    """
    ordered = sorted(members, key=lambda member: member.photo_id)
    sides: dict[str, Side] = {}
    bridges: set[str] = set()
    free: list[list[Member]] = []
    for group in _groups(ordered):
        side, is_new = _side(group, earlier)
        if is_new and side is None:
            free.append(group)
            continue
        for member in group:
            if member.photo_id in earlier:
                sides[member.photo_id] = earlier[member.photo_id]
            elif side is None or member.given not in {None, side}:
                bridges.add(member.photo_id)
            else:
                sides[member.photo_id] = side
    free.sort(key=lambda group: draw(seed, group[0].photo_id))
    _fill(free, sides, ordered, bridges, test_fraction)
    return Split(sides, frozenset(bridges))


def _side(group: Sequence[Member], earlier: Mapping[str, Side]) -> tuple[Side | None, bool]:
    """Return a group's side, None where it has none or both, and whether all of it is new."""
    known = {earlier[member.photo_id] for member in group if member.photo_id in earlier}
    if known:
        return (next(iter(known)) if len(known) == 1 else None), False
    given = {member.given for member in group}
    return ("test" if "test" in given else "train" if "train" in given else None), True


def _groups(members: Sequence[Member]) -> list[list[Member]]:
    holders: dict[str, int] = {}
    pairs = [
        (holders.setdefault(tie, node), node)
        for node, member in enumerate(members)
        for tie in member.ties
    ]
    groups: dict[int, list[Member]] = defaultdict(list)
    for node, name in enumerate(components(len(members), pairs)):
        groups[name].append(members[node])
    return list(groups.values())


def draw(seed: int, photo_id: str) -> bytes:
    """Draw a photo's place in an order that depends on nothing but the seed and its id."""
    return hashlib.blake2b(f"{seed}/{photo_id}".encode(), digest_size=16).digest()


def _fill(
    free: Sequence[Sequence[Member]],
    sides: dict[str, Side],
    members: Sequence[Member],
    bridges: set[str],
    test_fraction: float,
) -> None:
    """Place groups without a side so that each class comes close to its share of test."""
    placed = [m for m in members if m.released and m.photo_id not in bridges]
    totals = Counter(member.label for member in placed)
    wanted = {label: test_fraction * total for label, total in totals.items()}
    in_test = Counter(member.label for member in placed if sides.get(member.photo_id) == "test")

    def gain(group: Sequence[Member]) -> float:
        """How much nearer the shares come when a group goes to test."""
        counts = Counter(member.label for member in group if member.released)
        return sum(
            (in_test[label] - wanted[label]) ** 2 - (in_test[label] + n - wanted[label]) ** 2
            for label, n in counts.items()
        )

    for group in free:
        side: Side = "test" if gain(group) > 0 else "train"
        for member in group:
            sides[member.photo_id] = side
        if side == "test":
            in_test.update(member.label for member in group if member.released)
