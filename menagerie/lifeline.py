"""Children that end with their parent, even one that is killed: they hold a pipe from it."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import IO

SECONDS_TO_END = 5.0
"""How long a child may take to tidy up after SIGTERM before it is killed."""


class AskedToEnd(SystemExit):
    """A signal asked this process to end: raised to unwind it, and to be caught by nobody."""


def start_child(
    module: str,
    arguments: Sequence[str],
    errors: IO[bytes] | None = None,
    *,
    output: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    inherits: Sequence[int] = (),
) -> "subprocess.Popen[str]":
    """Start `python -m module` as a child that must call `end_with_parent`.

    A fresh interpreter, never a fork: a child forked after TensorFlow was used hangs. Its
    standard output goes to `output`, or is a pipe; its standard error goes to `errors`, or where
    the parent's goes. `environment` takes the place of the parent's; the child gets the
    open descriptors that it `inherits`. A session of its own keeps
    Ctrl-C for the parent, which then ends its children in its own order.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=output or subprocess.PIPE,
        stderr=errors,
        env=environment,
        pass_fds=inherits,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def end_with_parent(*, pause: float = 0.0, seconds: float = SECONDS_TO_END) -> None:
    """End this process when its standard input closes, which a dying parent's pipe does.

    After a `pause` it gets a SIGTERM, so that it may tidy up, and is ended if that takes more
    than `seconds`: the main thread may be deep in native code and never come back to Python.
    """
    _listen(lambda _: None, pause, seconds)


def requests_of_parent() -> Iterator[bytes]:
    """Yield the lines of standard input, and end this process as `end_with_parent` does."""
    lines: SimpleQueue[bytes] = SimpleQueue()
    _listen(lines.put)
    while True:
        yield lines.get()


def end_at_hang_up() -> None:
    """End this process as `end_with_parent` does, leaving what standard input brings to others."""

    def watch() -> None:
        poll = select.poll()
        # No events: it wakes for the end of the pipe, and for nothing that comes through it.
        poll.register(sys.stdin.fileno(), 0)
        poll.poll()
        _end(SECONDS_TO_END)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def end_when_orphaned(seconds: float = SECONDS_TO_END) -> None:
    """End this process as `end_with_parent` does, but started by others, who hold no pipe to it.

    An orphan is told by its new parent, which is looked for once a second. Nobody reads any more
    what it writes, and the broken pipe must not end it before it has tidied up.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        _end(seconds)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def _listen(
    heed: Callable[[bytes], None], pause: float = 0.0, seconds: float = SECONDS_TO_END
) -> None:
    def watch() -> None:
        # A reader of its own: the interpreter's would be locked by us when it ends.
        with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as lines:
            for line in lines:
                heed(line)
        time.sleep(pause)
        _end(seconds)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def _end(seconds: float) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(seconds)
    os._exit(128 + signal.SIGTERM)


def end_child(child: "subprocess.Popen[str]", seconds: float = SECONDS_TO_END) -> None:
    """End a child and wait for it, at most so many seconds before it is killed."""
    child.terminate()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            # What it was still to be told cannot be told any more.
            with suppress(BrokenPipeError):
                pipe.close()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def is_process(number: int) -> bool:
    """Tell whether there is a process of that number on this machine."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
