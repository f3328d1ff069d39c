"""A person decides, by the commands: the next release goes by it, and every later crawl."""

import csv

import pyarrow.parquet as pq
import pytest

from menagerie.curation.reasons import NEVER_OUTRANKED
from tests.flows.conftest import Workplace
from tests.flows.test_commands import refused

FIGURES = {"too_small", "odd_aspect", "blank", "dark", "bright", "blurred"}

Row = dict[str, str]


def listed(workplace: Workplace, table: str) -> dict[str, Row]:
    rows = pq.read_table(workplace.dataset / f"current/{table}.parquet").to_pylist()
    return {row["photo_id"]: row for row in rows}


def decide(workplace: Workplace, *arguments: str) -> str:
    done = workplace.run("decide", "animals", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def crawl_again(workplace: Workplace) -> None:
    done = workplace.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr


def test_decisions_survive_a_new_crawl_and_change_the_next_release(copied: Workplace) -> None:
    sample, other = list(listed(copied, "manifest").values())[:2]
    dull = next(r for r in listed(copied, "rejected").values() if r["reason"] in FIGURES)
    label = next(w for w in ("monkey", "boar", "crow") if w != other["label"])
    assert "is no " in decide(copied, "--photo", sample["photo_id"], "--reject", "--note", "a toy")
    assert f"is a {label};" in decide(copied, "--sha256", other["sha256"], "--label", label)
    assert "is kept" in decide(copied, "--photo", dull["photo_id"], "--keep")
    crawl_again(copied)
    kept, rejected = listed(copied, "manifest"), listed(copied, "rejected")
    assert rejected[sample["photo_id"]]["reason"] == "rejected_by_person"
    assert kept[other["photo_id"]]["label"] == label
    assert [kept[r["photo_id"]]["decided_by"] for r in (dull, other)] == ["person"] * 2
    assert {row["decided_by"] for row in kept.values()} == {"person", "rules"}
    release = copied.release_id
    crawl_again(copied)
    assert copied.release_id == release


def test_a_table_takes_decisions_out_and_in(copied: Workplace) -> None:
    photo_id = next(iter(listed(copied, "manifest")))
    decide(copied, "--photo", photo_id, "--reject")
    file = copied.folder / "decisions.csv"
    assert "Wrote 1 decisions" in decide(copied, "--export", str(file))
    with file.open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["photo_id"], row["decision"]) == (photo_id, "reject")
    assert "Recorded 0 decisions; 1 were there" in decide(copied, "--import", str(file))


def test_the_answer_tells_what_keeps_a_photo_out_all_the_same(copied: Workplace) -> None:
    row = next(r for r in listed(copied, "rejected").values() if r["reason"] in NEVER_OUTRANKED)
    said = decide(copied, "--photo", row["photo_id"], "--label", row["label"])
    assert f"is a {row['label']}; `menagerie refresh animals` goes by that." in said
    assert f"Yet it stays out while this lasts ({row['reason']}): " in said
    assert "stays out" not in decide(copied, "--photo", row["photo_id"], "--reject")


def test_rows_that_were_passed_over_are_counted(copied: Workplace) -> None:
    photo_id = next(iter(listed(copied, "manifest")))
    decide(copied, "--photo", photo_id, "--reject")
    file = copied.folder / "decisions.csv"
    decide(copied, "--export", str(file))
    assert copied.run("forget", "animals", "--photo", photo_id, "--yes").returncode == 0
    said = decide(copied, "--import", str(file))
    assert "1 row is about a photo that was forgotten; passed over." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--photo", "1"], "one of --keep, --reject, --label L and --withdraw (received none)"),
        (["--photo", "1", "--keep", "--reject"], "(received --keep, --reject)"),
        (["--keep"], "either --photo ID or --sha256 H"),
        (["--photo", "1", "--sha256", "a" * 64, "--keep"], "either --photo ID or --sha256 H"),
        (["--import", "a.csv", "--keep"], "stand alone"),
        (["--import", "a.csv"], "a.csv cannot be read"),
        (["--photo", "no-such-photo", "--keep"], "has no photo 'no-such-photo'"),
    ],
)
def test_a_wrong_call_is_refused(workplace: Workplace, arguments: list[str], said: str) -> None:
    assert said in refused(workplace, 2, "decide", "animals", *arguments)
