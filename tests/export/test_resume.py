"""An export can be cut off at any moment; the same command ends it with the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from menagerie.export import source as sources
from menagerie.export.place import MARK, UNFINISHED
from tests.export.builders import contents, publish
from tests.export.conftest import FORMATS, export
from tests.processes import ended, files_below, wait_until

# Small shards, so that there are several; every picture takes a while, so that a kill finds one.
SLOWLY = """
import sys, time
from pathlib import Path
from menagerie.export import layout, pictures, run, source
from menagerie.progress import unwatched
release, kind, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
source.MOST_IN_SHARD = run._AT_ONCE = 8
made = run.layout_of(kind)
encode = made.encode
made.encode = lambda tiles: (time.sleep(0.05), encode(tiles))[1]
run.layout_of = lambda _: made
run.export_release(source.open_source(release.parents[1], None), kind, out, unwatched)
"""


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shard hold 8 samples."""
    monkeypatch.setattr(sources, "MOST_IN_SHARD", 8)


def visible(out: Path) -> dict[str, int]:
    """What stands under its final name, and when it was written."""
    hidden = out / UNFINISHED
    files = (path for path in files_below(out) if not path.is_relative_to(hidden))
    return {str(path): path.stat().st_mtime_ns for path in files}


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("kind", FORMATS)
def test_a_killed_export_is_gone_on_with(release: Path, tmp_path: Path, kind: str) -> None:
    whole = tmp_path / "whole"
    export(release, kind, whole)
    out = tmp_path / "out"
    enough = 1 if kind in {"tfrecord", "webdataset"} else 12
    program = [sys.executable, "-c", SLOWLY, str(release), kind, str(out)]
    with ended(subprocess.Popen(program)) as child:
        wait_until(lambda: len(visible(out)) >= enough, "some are exported", by=child)
        assert child.poll() is None
    there = visible(out)
    assert str(out / MARK) not in there
    expected = contents(whole)
    assert all(Path(p).read_bytes() == expected[os.path.relpath(p, out)] for p in there)
    done = export(release, kind, out)
    assert contents(out) == expected
    assert there.items() <= visible(out).items()
    assert 0 < done.kept < 60


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("kind", FORMATS)
def test_a_second_export_writes_no_sample(release: Path, tmp_path: Path, kind: str) -> None:
    first = export(release, kind, tmp_path / "out")
    assert (first.written, first.kept) == (60, 0)
    assert first.document["shards"] == {"train": 6, "test": 2}
    before = visible(tmp_path / "out")
    again = export(release, kind, tmp_path / "out")
    assert (again.written, again.kept) == (0, 60)
    after = visible(tmp_path / "out")
    assert after.keys() == before.keys()
    assert {p for p in after if after[p] != before[p]} == {str(tmp_path / "out" / MARK)}


@pytest.mark.parametrize("kind", FORMATS)
def test_equal_releases_make_equal_bytes(
    release: Path, exports: Path, tmp_path: Path, kind: str
) -> None:
    elsewhere = publish(tmp_path / "animals")
    assert elsewhere.name == release.name
    export(elsewhere, kind, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(exports / kind)


def test_what_was_lost_from_an_export_is_written_again(release: Path, tmp_path: Path) -> None:
    export(release, "folder", tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out/train/boar/img_1.jpg").unlink()
    assert export(release, "folder", tmp_path / "out").written == 1
    assert contents(tmp_path / "out") == before
