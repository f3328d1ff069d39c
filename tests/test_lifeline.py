"""Children end with their parent, even with one that is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from menagerie.lifeline import end_child, start_child
from tests.processes import children, ended, is_alive, wait_until

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="needs /proc, which Linux has"
)


def test_a_killed_demo_leaves_neither_sandbox_nor_prefect_server(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    env |= {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    demo = subprocess.Popen(
        [sys.executable, "-m", "menagerie", "demo"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with ended(demo):
        wait_until(lambda: len(children(demo.pid)) >= 2, "it has children", by=demo)
        started = children(demo.pid)
    wait_until(lambda: not any(is_alive(pid) for pid in started), "no child is left")


def test_a_child_that_is_ended_is_gone() -> None:
    child = start_child("menagerie", ["sandbox", "--port", "0", "--size", "5", "--with-parent"])
    assert child.stdout is not None
    assert "ready" in child.stdout.readline()
    end_child(child)
    assert child.poll() is not None
