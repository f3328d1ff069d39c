"""The parent's side of a learning child: start it, follow it, never leave it behind."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from menagerie.errors import (
    BusyError,
    CallError,
    InputError,
    MissingModelError,
    MissingReleaseError,
    OutputError,
    RecipeError,
    TrainingError,
)
from menagerie.learning.backend import is_chatter
from menagerie.lifeline import end_child, start_child

FAILED = "failed"
"""Key of a child's last message when it fails: the name of its error; `why` says more."""

LOG = "{log}"
"""Stands in what a child says for the place of its log."""

_QUOTED_CHARACTERS = 300
# After Ctrl-C the command ends in 4 seconds, whatever it waits for; what a child that had to be
# killed leaves is cleared away before.
_SECONDS_TO_END = 2.0
# These end the command with another status than a failed training does, or are acted on.
_PASSED_ON = {
    kind.__name__: kind
    for kind in (
        BusyError,
        CallError,
        InputError,
        MissingModelError,
        MissingReleaseError,
        OutputError,
        RecipeError,
    )
}

Message = dict[str, Any]


def run_child(arguments: Sequence[str], log: Path, heed: Callable[[Message], None]) -> None:
    """Run `menagerie.learning.child` in a fresh process, to its end.

    `heed` is called with each JSON line of its standard output; its standard error goes
    to `log`. Whatever interrupts this call ends the child.

    Raises:
        CallError and those below it, BusyError: as the child raised it.
        TrainingError: the child failed in another way; says what it said.
    """
    failure: Message = {}
    with log.open("wb") as errors:
        child = start_child("menagerie.learning.child", arguments, errors=errors)
        _running.add(child)
        try:
            assert child.stdout is not None
            for line in child.stdout:
                message = json.loads(line)
                if FAILED in message:
                    failure = message
                else:
                    heed(message)
            status = child.wait()
        finally:
            _running.discard(child)
            end_child(child, _SECONDS_TO_END)
    if failure:
        raise _PASSED_ON.get(failure[FAILED], TrainingError)(
            failure["why"].replace(LOG, str(log)).strip()
        )
    if status != 0:
        raise TrainingError(_why(arguments[0], status, log))


def ask_child(arguments: Sequence[str]) -> list[Message]:
    """Run a child and return what it answered; its log stays only if an error names it.

    Raises:
        MenagerieError: see `run_child`.
    """
    answers: list[Message] = []
    with tempfile.NamedTemporaryFile(prefix="menagerie-", suffix=".log", delete=False) as file:
        log = Path(file.name)
    is_named = False
    try:
        run_child(arguments, log, answers.append)
    except TrainingError as error:
        is_named = str(log) in str(error)
        raise
    finally:
        if not is_named:
            log.unlink(missing_ok=True)
    return answers


_running: set[subprocess.Popen[str]] = set()


def end_children() -> None:
    """Ask every child of this process to end; whoever runs one sees it fail."""
    for child in list(_running):
        child.terminate()


def _why(work: str, status: int, log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line and not is_chatter(line)]
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    if not telling:
        return f"The child process of `{work}` {how}. Run the same command again."
    said = telling[-1][:_QUOTED_CHARACTERS]
    return (
        f"The child process of `{work}` {how} and said: {said} (log: {log})."
        " Run the same command again."
    )
