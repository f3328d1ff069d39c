"""More than one machine: PostgreSQL, an object store and Dask change no byte of a release."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import Client

from menagerie.errors import WorkError
from tasks.runners import telling_of_lost_workers
from tests.catalogs import Catalogs
from tests.cluster import ObjectStore, dask_cluster, object_store
from tests.flows.conftest import Workplace
from tests.processes import wait_until

REFRESH = ("refresh", "animals", "--skip-training")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture
def shared_place(workplace: Workplace, catalogs: Catalogs, s3: ObjectStore) -> Workplace:
    """Return a workplace with its catalog on PostgreSQL and everything else in a bucket."""
    url = catalogs.of(workplace.folder)
    workplace.env = {"MENAGERIE_CATALOG_URL": url, **s3.settings()}
    return workplace


def test_postgresql_and_an_object_store_make_the_same_release(
    shared_place: Workplace,
    refreshed: Workplace,
    s3: ObjectStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = shared_place.run(*REFRESH, timeout=500)
    assert done.returncode == 0, done.stderr
    assert shared_place.release_id == refreshed.release_id
    # Nothing that others need lies in the home alone.
    assert not list(shared_place.home.rglob("*.npy"))
    assert not (shared_place.home / "photos").exists()
    for name, value in shared_place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MENAGERIE_DATASETS", str(tmp_path / "elsewhere"))
    from menagerie import load_data

    (x_train, _), _ = load_data("animals")
    assert np.array_equal(x_train, np.load(refreshed.dataset / "current/x_train.npy"))


def test_a_cluster_that_shares_no_folder_and_loses_a_worker_makes_the_same_release(
    shared_place: Workplace, refreshed: Workplace, tmp_path: Path, sandbox_url: str
) -> None:
    with dask_cluster(tmp_path / "dask", sandbox_url, shared_place.env, 2) as cluster:
        shared_place.env["MENAGERIE_RUNNER"] = cluster.address
        command = shared_place.start(*REFRESH)
        # Each of the two had a folder for downloads, so each has begun to fetch.
        folders = [cluster.home(number) / "unfinished" for number in (0, 1)]
        wait_until(lambda: all(folder.exists() for folder in folders), "both are at work")
        wait_until(lambda: shared_place.count("SELECT count(*) FROM files") > 5, "some are there")
        cluster.workers[0].send_signal(signal.SIGKILL)
        _, errors = command.communicate(timeout=500)
        assert command.returncode == 0, errors
    assert shared_place.release_id == refreshed.release_id
    assert not (shared_place.home / "unfinished").exists()
    status = json.loads(shared_place.run("status", "animals", "--json").stdout)
    assert sum(status["states"].values()) == status["found"]


def test_a_batch_that_ends_its_workers_is_told_in_a_sentence(
    tmp_path: Path, sandbox_url: str
) -> None:
    # A scheduler that forgives no loss.
    strict = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with (
        dask_cluster(tmp_path / "dask", sandbox_url, {}, 1, strict) as cluster,
        Client(cluster.address) as client,  # type: ignore[no-untyped-call]
        pytest.raises(WorkError, match="Dask gave up a batch of `download animals`"),
        telling_of_lost_workers("download animals"),
    ):
        client.submit(os._exit, 1).result(120)


def test_dask_on_this_machine_makes_the_same_release(
    workplace: Workplace, refreshed: Workplace
) -> None:
    workplace.env = {"MENAGERIE_RUNNER": "dask"}
    done = workplace.run(*REFRESH)
    assert done.returncode == 0, done.stderr
    assert workplace.release_id == refreshed.release_id


def test_a_worker_with_another_catalog_is_refused(
    shared_place: Workplace, tmp_path: Path, sandbox_url: str
) -> None:
    with dask_cluster(tmp_path / "dask", sandbox_url, {}, 1) as cluster:
        shared_place.env["MENAGERIE_RUNNER"] = cluster.address
        done = shared_place.run(*REFRESH)
    assert done.returncode == 1
    assert "does not work on what this command works on" in done.stderr


def test_a_scheduler_that_is_not_there_is_said_so(workplace: Workplace) -> None:
    workplace.env = {
        "MENAGERIE_RUNNER": "tcp://127.0.0.1:9",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s",
    }
    done: subprocess.CompletedProcess[str] = workplace.run(*REFRESH)
    assert done.returncode == 1
    assert "tcp://127.0.0.1:9" in done.stderr


def test_a_bucket_that_is_not_there_is_said_so(workplace: Workplace, s3: ObjectStore) -> None:
    workplace.env = {**s3.settings(), "MENAGERIE_STORE_URL": "s3://nobody-made-this/x"}
    done = workplace.run("collect", "animals")
    assert done.returncode == 1
    assert "The store at nobody-made-this/x" in done.stderr
