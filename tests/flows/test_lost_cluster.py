"""What is said when Dask has no worker, or its scheduler is lost; the run waits, or ends."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from distributed import Client
from prefect_dask.task_runners import PrefectDaskFuture

from menagerie.errors import WorkError
from menagerie.notices import notices
from tasks import waiting
from tasks.watching import gather
from tests.cluster import Cluster, dask_cluster
from tests.processes import wait_until

WORK = "download animals"


@pytest.fixture
def cluster(tmp_path: Path, sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Run a scheduler that has no worker yet."""
    monkeypatch.setattr(waiting, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(waiting, "get_run_logger", logging.getLogger)
    with dask_cluster(tmp_path / "dask", sandbox_url, {}, 0) as started:
        monkeypatch.setenv("MENAGERIE_RUNNER", started.address)
        yield started


def submitted(client: Client, seconds: float, count: int) -> list[PrefectDaskFuture[None]]:
    futures = [client.submit(time.sleep, seconds, pure=False) for _ in range(count)]
    return [PrefectDaskFuture(uuid4(), future) for future in futures]


def test_a_run_without_workers_says_so_once_and_goes_on_when_one_comes(cluster: Cluster) -> None:
    said: list[str] = []
    with (
        notices(said.append),
        Client(cluster.address) as client,  # type: ignore[no-untyped-call]
    ):
        futures = submitted(client, 0.01, 3)
        run = threading.Thread(target=gather, args=(futures, WORK, [1, 1, 1]))
        run.start()
        wait_until(lambda: bool(said), "it is said")
        cluster.add_worker()
        run.join(120)
    lost, back = said
    assert f"`dask worker {cluster.address} --nthreads 1`" in lost
    assert f"3 tasks of `{WORK}` wait" in lost
    assert f"`{WORK}` goes on" in back


def test_a_lost_scheduler_ends_the_run_with_a_sentence(cluster: Cluster) -> None:
    said: list[str] = []
    with (
        notices(said.append),
        Client(cluster.address) as client,  # type: ignore[no-untyped-call]
    ):
        futures = submitted(client, 600, 1)
        threading.Timer(0.3, cluster.scheduler.kill).start()
        with pytest.raises(WorkError, match=f"scheduler was lost .* `{WORK}`.*{cluster.address}"):
            gather(futures, WORK, [1])
    # That there was no worker may have been said; not that there is one now.
    assert not any("goes on" in sentence for sentence in said)
