"""Waiting for tasks that run elsewhere, not in silence when there is nobody to run them."""

import logging
from collections.abc import Sequence
from typing import Any

from prefect import get_run_logger
from prefect.futures import PrefectFuture

SECONDS_BETWEEN_LOOKS = 2.0


class Waiting:
    """Waits for the tasks of some work on Dask.

    Dask waits for its first worker, or for the next one when the last is lost, without a word.
    """

    def __init__(self, futures: Sequence[PrefectFuture[Any]], work: str) -> None:
        self._futures, self._work = futures, work
        self._is_alone = False

    def wait_for(self, future: PrefectFuture[Any]) -> None:
        """Wait until a task has ended, however it ended."""
        while not _of_dask(future).done():
            future.wait(SECONDS_BETWEEN_LOOKS)
            if _of_dask(future).client.status == "running":
                self._look(_of_dask(future).client)

    def _look(self, client: Any) -> None:
        """Say that the last worker is lost, or that one is back; each once."""
        try:
            is_alone = not client.nthreads()
        except OSError:
            # That the scheduler itself is lost is told by what it had to do.
            return
        if is_alone is self._is_alone:
            return
        self._is_alone = is_alone
        address = client.scheduler.address
        if is_alone:
            _say(
                f"No worker is connected to Dask's scheduler at {address}: {self._count()} of"
                f" `{self._work}` wait for one. Start one (`dask worker {address} --nthreads 1`),"
                " or look into the logs of those that were lost; the run waits."
            )
        else:
            _say(f"Dask's scheduler at {address} has a worker: `{self._work}` goes on.")

    def _count(self) -> str:
        waiting = sum(not _of_dask(future).done() for future in self._futures)
        return "1 task" if waiting == 1 else f"{waiting:,} tasks"


def _say(sentence: str) -> None:
    get_run_logger().warning("%s", sentence)
    # A terminal shows what the library warns of, not the log of a run.
    logging.getLogger("menagerie.cluster").warning("%s", sentence)


def _of_dask(future: PrefectFuture[Any]) -> Any:
    return future.wrapped_future  # type: ignore[attr-defined]
