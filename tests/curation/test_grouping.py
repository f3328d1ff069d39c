"""Groups of near-duplicates: every member looks like the best one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from menagerie.catalog.curation import unpack_thumbs
from menagerie.curation.grouping import components, leaders, near_duplicates
from menagerie.photos.decode import decode
from menagerie.photos.fingerprint import fingerprint
from tests.builders import encoded

NODES = st.integers(1, 20)
PAIRS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)))


def inside(size: int, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(a, b) for a, b in pairs if a < b < size]


def found(images: Sequence[Image.Image]) -> list[list[int]]:
    prints = {str(n): fingerprint(decode(encoded(image))) for n, image in enumerate(images)}
    hashes = np.array([each.phash for each in prints.values()], dtype=np.uint64)

    def read(names: Sequence[str]) -> NDArray[np.uint8]:
        return unpack_thumbs([prints[name].thumb for name in names])

    pairs: list[list[int]] = near_duplicates(list(prints), hashes, 6, read).tolist()
    return pairs


@given(NODES, PAIRS)
def test_every_member_is_paired_with_its_leader_and_no_leaders_with_one_another(
    size: int, pairs: list[tuple[int, int]]
) -> None:
    known = inside(size, pairs)
    names = leaders(size, known)
    assert all(name == node or (name, node) in known for node, name in enumerate(names))
    assert all(names[name] == name for name in names)
    assert not any(names[a] == a and names[b] == b for a, b in known)


def test_a_chain_does_not_tie_its_ends() -> None:
    assert leaders(5, [(0, 1), (1, 2), (2, 3), (3, 4)]) == [0, 0, 2, 2, 4]


def test_of_two_leaders_the_better_one_is_joined() -> None:
    assert leaders(3, [(1, 2), (0, 2)]) == [0, 1, 0]


@given(NODES, PAIRS)
def test_components_partition_the_nodes(size: int, pairs: list[tuple[int, int]]) -> None:
    known = inside(size, pairs)
    names = components(size, known)
    assert all(names[a] == names[b] for a, b in known)
    assert all(names[name] == name and name <= node for node, name in enumerate(names))


def test_crops_borders_and_mirror_images_of_real_photos_are_found(shared: Path) -> None:
    files = sorted((shared / "photos" / "large").glob("*.jpg"))[:12]
    whole = [Image.open(file).convert("RGB") for file in files]
    width, height = whole[0].size
    edited = [
        whole[0].crop((width // 25, height // 30, width, height)),
        ImageOps.expand(whole[1], 10, "black"),
        ImageOps.mirror(whole[2]),
    ]
    assert found(whole + edited) == [[0, 12], [1, 13], [2, 14]]


def test_no_photos_have_no_pairs() -> None:
    assert found([]) == []
