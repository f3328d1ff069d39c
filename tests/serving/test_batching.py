"""Micro-batches: whoever comes alone does not wait, whoever comes together is asked together."""

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from menagerie.serving.batching import MOST, Batcher


def tile(number: int) -> NDArray[np.uint8]:
    return np.full((2, 2, 3), number, np.uint8)


def first_values(tiles: NDArray[np.uint8]) -> list[int]:
    return [int(value) for value in tiles[:, 0, 0, 0]]


def test_a_tile_alone_is_answered_without_company() -> None:
    sizes: list[int] = []
    with Batcher(first_values, sizes.append) as batcher:
        assert [batcher.put(tile(n)).result(30) for n in (5, 6)] == [5, 6]
    assert sizes == [1, 1]


def test_tiles_that_wait_together_are_answered_together_in_their_order() -> None:
    sizes: list[int] = []
    busy = threading.Event()

    def slow(tiles: NDArray[np.uint8]) -> list[int]:
        busy.wait(30)
        return first_values(tiles)

    with Batcher(slow, sizes.append) as batcher:
        first = batcher.put(tile(200))
        others = [batcher.put(tile(n)) for n in range(MOST + 3)]
        busy.set()
        assert first.result(30) == 200
        assert [future.result(30) for future in others] == list(range(MOST + 3))
    assert max(sizes) <= MOST
    assert len(sizes) <= 3


def test_two_threads_compute_two_batches_at_a_time() -> None:
    begun, both = threading.Event(), threading.Barrier(2)

    def together(tiles: NDArray[np.uint8]) -> list[int]:
        begun.set()
        both.wait(30)
        return first_values(tiles)

    with Batcher(together, threads=2) as batcher:
        first = batcher.put(tile(1))
        assert begun.wait(30)
        second = batcher.put(tile(2))
        assert (first.result(30), second.result(30)) == (1, 2)


def test_a_batch_waits_a_moment_for_a_tile_that_is_being_cut() -> None:
    sizes: list[int] = []
    with Batcher(first_values, sizes.append) as batcher:
        with batcher.expected():
            first = batcher.put(tile(1))
            second = batcher.put(tile(2))
        assert (first.result(30), second.result(30)) == (1, 2)
    assert sizes == [2]


def test_a_batch_that_fails_takes_no_other_with_it() -> None:
    def picky(tiles: NDArray[np.uint8]) -> list[int]:
        if tiles.max() == 13:
            raise ArithmeticError("unlucky")
        return first_values(tiles)

    with Batcher(picky) as batcher:
        with pytest.raises(ArithmeticError):
            batcher.put(tile(13)).result(30)
        assert batcher.put(tile(14)).result(30) == 14


def test_a_closed_batcher_answers_what_waits_and_takes_nothing_more() -> None:
    batcher = Batcher(first_values)
    with batcher.expected():
        waiting = batcher.put(tile(9))
        batcher.close()
    assert waiting.result(30) == 9
    with pytest.raises(RuntimeError, match="closed"):
        batcher.put(tile(9))
