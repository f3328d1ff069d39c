"""Children that end with their parent, even one that is killed: they hold a pipe from it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import IO

SECONDS_TO_END = 5.0
"""How long a child may take to tidy up after SIGTERM before it is killed."""


def start_child(
    module: str,
    arguments: Sequence[str],
    errors: IO[bytes] | None = None,
    inherits: Sequence[int] = (),
) -> "subprocess.Popen[str]":
    """Start `python -m module` as a child that must call `end_with_parent`.

    A fresh interpreter, never a fork: a child forked after TensorFlow was used hangs. Its
    standard output is a pipe; its standard error goes to `errors`, or where the parent's goes; it
    gets the open descriptors that it `inherits`.
    A session of its own keeps Ctrl-C for the parent, which then ends its children in its own
    order.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        pass_fds=inherits,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def end_with_parent() -> None:
    """End this process when its standard input closes, which a dying parent's pipe does.

    It gets a SIGTERM first, so that it may tidy up, and is ended if that takes too long: the
    main thread may be deep in native code and never come back to Python.
    """
    _listen(lambda _: None)


def requests_of_parent() -> Iterator[bytes]:
    """Yield the lines of standard input, and end this process as `end_with_parent` does."""
    lines: SimpleQueue[bytes] = SimpleQueue()
    _listen(lines.put)
    while True:
        yield lines.get()


def _listen(heed: Callable[[bytes], None]) -> None:
    def watch() -> None:
        # A reader of its own: the interpreter's would be locked by us when it ends.
        with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as lines:
            for line in lines:
                heed(line)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(SECONDS_TO_END)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def end_child(child: "subprocess.Popen[str]") -> None:
    """End a child and wait for it."""
    child.terminate()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            # What it was still to be told cannot be told any more.
            with suppress(BrokenPipeError):
                pipe.close()
    try:
        child.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
