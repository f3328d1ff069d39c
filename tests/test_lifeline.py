"""Children end with their parent, even with one that is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from menagerie.lifeline import end_child, start_child

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="needs /proc, which Linux has"
)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def is_alive(pid: int) -> bool:
    try:
        # A zombie has ended; whoever adopted it has only not looked yet.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


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
    deadline = time.monotonic() + 60
    while len(started := children(demo.pid)) < 2:
        assert demo.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    while any(is_alive(pid) for pid in started):
        assert time.monotonic() < deadline, "a child outlived its parent"
        time.sleep(0.05)


def test_a_child_that_is_ended_is_gone() -> None:
    child = start_child("menagerie", ["sandbox", "--port", "0", "--size", "5", "--with-parent"])
    assert child.stdout is not None
    assert "ready" in child.stdout.readline()
    end_child(child)
    assert child.poll() is not None
