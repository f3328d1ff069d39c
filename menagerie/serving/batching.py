"""Micro-batching: tiles of requests that come at once are put to the model together."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Answer = TypeVar("Answer")

MOST = 32
"""Tiles of one batch at most; twice as many would not be cheaper a tile."""

# A model answers in milliseconds. To wait longer than that for company would save nobody anything.
_LINGER_SECONDS = 0.003

_Waiting = tuple[NDArray[np.uint8], Future[Answer]]


class Batcher(Generic[Answer]):
    """Puts tiles that wait at the same time to one function, in the order they came.

    `answer` takes tiles (n, size, size, 3) and returns n answers; it is called by so many `threads`
    at a time. With two, one batch is computed on the cores that the other leaves. Who is about to
    bring a tile says so by `expected`: a batch then waits a moment for it. A tile that nobody else
    comes with is answered at once.
    """

    def __init__(
        self,
        answer: Callable[[NDArray[np.uint8]], list[Answer]],
        heed: Callable[[int], None] = lambda _size: None,
        threads: int = 1,
    ) -> None:
        self._answer, self._heed = answer, heed
        self._waiting: deque[_Waiting[Answer]] = deque()
        self._coming = self._idle = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, daemon=True, name="batcher") for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Answer what still waits, and end."""
        self.close()
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """Take nothing more; what waits is still answered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @contextmanager
    def expected(self, tiles: int = 1) -> Iterator[None]:
        """Tell that so many tiles are being cut, and will be put as soon as the block ends."""
        with self._changed:
            self._coming += tiles
        try:
            yield
        finally:
            with self._changed:
                self._coming -= tiles
                self._wake()

    def put(self, tile: NDArray[np.uint8]) -> "Future[Answer]":
        """Let a tile (size, size, 3) wait for its answer.

        Raises:
            RuntimeError: the batcher was closed.
        """
        future: Future[Answer] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("The batcher was closed; ask the one in its place.")
            self._waiting.append((tile, future))
            self._wake()
        return future

    def _wake(self) -> None:
        """Wake a thread that asks, but not for each of many tiles: it would only wait on."""
        if self._waiting and (self._idle or self._is_company_there()):
            self._changed.notify()

    def _run(self) -> None:
        while batch := self._next():
            self._heed(len(batch))
            futures = [future for _, future in batch]
            try:
                answers = self._answer(np.stack([tile for tile, _ in batch]))
            except Exception as error:  # Whoever waits must hear of it, whatever it is.
                for future in futures:
                    future.set_exception(error)
                continue
            for future, answer in zip(futures, answers, strict=True):
                future.set_result(answer)

    def _next(self) -> list[_Waiting[Answer]]:
        """Wait for tiles; return none when there will be none any more."""
        with self._changed:
            while True:
                self._idle += 1
                self._changed.wait_for(lambda: self._waiting or self._closed)
                self._idle -= 1
                if not self._waiting:
                    return []
                self._changed.wait_for(self._is_company_there, _LINGER_SECONDS)
                # Another thread may have taken them meanwhile, or have to be told of the rest.
                batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                self._wake()
                if batch:
                    return batch

    def _is_company_there(self) -> bool:
        return not self._coming or len(self._waiting) >= MOST or self._closed
