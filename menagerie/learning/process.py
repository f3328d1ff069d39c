"""The parent's side of a learning child: start it, follow it, never leave it behind."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from menagerie.errors import TrainingError
from menagerie.learning.backend import is_chatter

TERMINATION_SECONDS = 3.0
"""How long a child may take to tidy up after SIGTERM before it is killed."""

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_QUOTED_CHARACTERS = 300

Message = dict[str, Any]


def run_child(arguments: Sequence[str], log: Path, heed: Callable[[Message], None]) -> None:
    """Run `menagerie.learning.child` in a fresh process, to its end.

    A fresh interpreter, never a fork: a child forked after TensorFlow was used hangs.
    `heed` is called with each JSON line of its standard output; its standard error goes
    to `log`. Whatever interrupts this call ends the child.

    Raises:
        TrainingError: the child failed; quotes the last line it wrote that says something.
    """
    command = [sys.executable, "-m", "menagerie.learning.child"]
    command += ["--parent", str(os.getpid()), *arguments]
    with log.open("wb") as errors:
        # The working folder is what puts this very package on the child's import path.
        child = subprocess.Popen(
            command,
            cwd=_PACKAGE_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        _running.add(child)
        try:
            assert child.stdout is not None
            for line in child.stdout:
                heed(json.loads(line))
            status = child.wait()
        finally:
            _running.discard(child)
            _end(child)
    if status != 0:
        raise TrainingError(_why(arguments[0], status, log))


_running: set[subprocess.Popen[str]] = set()


def end_children() -> None:
    """Ask every child of this process to end; whoever runs one sees it fail."""
    for child in list(_running):
        child.terminate()


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(TERMINATION_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _why(work: str, status: int, log: Path) -> str:
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line and not is_chatter(line)]
    said = telling[-1][:_QUOTED_CHARACTERS] if telling else "nothing"
    return f"The child process of `{work}` {how}; its last words were: {said} Read {log}."
