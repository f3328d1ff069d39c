"""Children that end with their parent, even one that is killed: they hold a pipe from it."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

_SECONDS_TO_END = 5.0


def start_child(
    module: str, arguments: Sequence[str], env: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    """Start `python -m module` as a child that must call `end_with_parent`.

    Its standard output is a pipe. A session of its own keeps Ctrl-C for the parent, which
    then ends its children in its own order.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(env) if env is not None else None,
        text=True,
        start_new_session=True,
    )


def end_with_parent() -> None:
    """End this process when its standard input closes, which a dying parent's pipe does."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def end_child(child: "subprocess.Popen[str]") -> None:
    """End a child and wait for it."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    child.terminate()
    try:
        child.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
