"""Keeping a dataset fresh, by the commands: recheck, refresh, forget."""

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from menagerie.release.sealing import is_whole
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from tests.conftest import KEY
from tests.flows.conftest import Workplace
from tests.flows.test_commands import refused


@pytest.fixture
def changing(copied: Workplace) -> Iterator[Workplace]:
    """Return a workplace after a refresh, with a sandbox of its own to change."""
    with running(drawn_universe(60)) as copied.url:
        yield copied


def released(workplace: Workplace) -> list[str]:
    table = pq.read_table(workplace.dataset / "current/manifest.parquet", columns=["photo_id"])
    ids: list[str] = table["photo_id"].to_pylist()
    return ids


def order(workplace: Workplace, **orders: object) -> None:
    data = json.dumps(orders).encode()
    urllib.request.urlopen(f"{workplace.url}/control", data=data).close()


def test_what_a_recheck_finds_the_next_refresh_drops(changing: Workplace) -> None:
    removed, private, relicensed, opted_out = released(changing)[:4]
    before = changing.release_id
    order(changing, remove=removed, private=private, license=[relicensed, 0], opt_out=opted_out)
    done = changing.run("recheck", "animals", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["release"] == changing.release_id == before
    assert found["drops"] == {
        "license": [relicensed],
        "opted_out": [opted_out],
        "gone": sorted([removed, private]),
    }
    assert changing.count("SELECT count(*) FROM photos WHERE gone_at IS NOT NULL") >= 2
    assert changing.run("refresh", "animals", "--skip-training").returncode == 0
    assert changing.release_id != before
    assert not {removed, private, relicensed, opted_out} & set(released(changing))
    rejected = pq.read_table(changing.dataset / "current/rejected.parquet").to_pylist()
    reasons = {row["photo_id"]: row["reason"] for row in rejected}
    assert [reasons[p] for p in (removed, private, relicensed, opted_out)] == [
        "gone", "gone", "license", "opted_out"
    ]  # fmt: skip


def test_a_recheck_says_how_to_go_on(changing: Workplace) -> None:
    order(changing, remove=released(changing)[0])
    done = changing.run("recheck", "animals")
    assert released(changing)[0] in done.stdout
    assert "menagerie refresh animals" in done.stdout


def test_a_recheck_before_the_first_collect_is_refused(workplace: Workplace) -> None:
    assert "menagerie collect animals" in refused(workplace, 2, "recheck", "animals")


def test_forget_prints_one_document_and_the_release_stays_whole(changing: Workplace) -> None:
    photo, before = released(changing)[0], changing.release_id
    done = changing.run("forget", "animals", "--photo", photo, "--reason", "asked", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["photos"] == [photo]
    assert document["releases"] == [
        {"dataset": "animals", "release": before, "successor": changing.release_id}
    ]
    assert is_whole(changing.dataset / "current")
    assert photo not in released(changing)
    status = json.loads(changing.run("status", "animals", "--json").stdout)
    assert status["release"]["id"] == changing.release_id
    assert sum(status["states"].values()) == status["found"]


def test_forgetting_nobody_is_a_wrong_call(workplace: Workplace) -> None:
    assert "--photo ID or --owner ID" in refused(workplace, 2, "forget", "animals")
    sentence = refused(workplace, 2, "forget", "animals", "--photo", "1", "--owner", "2")
    assert "--photo ID or --owner ID" in sentence
    assert "no dataset 'fungi'" in refused(workplace, 2, "forget", "fungi", "--photo", "1")


def test_forgetting_a_photo_that_nobody_saw_says_so(workplace: Workplace) -> None:
    done = workplace.run("forget", "animals", "--photo", "12345")
    assert done.returncode == 0, done.stderr
    assert "never seen here" in done.stdout


def test_the_key_is_written_nowhere(changing: Workplace) -> None:
    order(changing, error={"code": 105, "times": 2})
    done = changing.run("--debug", "collect", "animals")
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout + done.stderr
    for folder in (changing.home, changing.dataset, Path(os.environ["PREFECT_HOME"])):
        for file in folder.rglob("*"):
            assert not file.is_file() or KEY.encode() not in file.read_bytes(), file
