"""Processes that tests start, watch and end: none outlives its test, however that comes out."""

import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, AnyStr

PATIENCE_SECONDS = 240.0
"""How long anything may take on a busy machine that a test waits for."""

# Below 32768 and so on, where Linux takes the ports of outgoing connections from.
_PORTS = range(20_000, 32_000)


def wait_until(
    holds: Callable[[], object],
    what: str = "it holds",
    seconds: float = PATIENCE_SECONDS,
    *,
    by: "subprocess.Popen[Any] | None" = None,
    pause_seconds: float = 0.02,
) -> None:
    """Wait for something that is to come, no longer than the process runs that is to bring it."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, f"waited in vain until {what}"
        if by is not None and by.poll() is not None:
            # It may have come in the last moment.
            assert holds(), f"the process ended with status {by.returncode} before {what}"
            return
        time.sleep(pause_seconds)


@contextmanager
def ended(child: "subprocess.Popen[AnyStr]") -> Iterator["subprocess.Popen[AnyStr]"]:
    """Kill a process at the end, should it still run, and close its pipes."""
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    """Return the children of a process's main thread."""
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def free_port() -> int:
    """Return a port that nobody listens on, and that no connection takes meanwhile."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def files_below(folder: Path) -> list[Path]:
    """List the files below a folder, though others make and remove some meanwhile."""
    return [Path(at, name) for at, _, names in os.walk(folder) for name in names]
