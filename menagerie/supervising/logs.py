"""Log files of the parts: bounded, so that a machine that runs for years does not fill up."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 10_000_000
_TAIL_BYTES = 4_000
_QUOTED_CHARACTERS = 300


def log_of(home: Path, name: str) -> Path:
    """Return the log of a part; the one before it lies beside it with `.1` at its end."""
    return home / "logs" / f"{name}.log"


def turn_over(log: Path, most_bytes: int = MOST_BYTES) -> None:
    """Begin a log anew when it has grown too long, under a process that goes on writing to it.

    What is written between the copy and the cut is lost, which a log can bear; the process
    appends, so it goes on at the new end.
    """
    with suppress(FileNotFoundError):
        if log.stat().st_size > most_bytes:
            shutil.copyfile(log, log.with_name(log.name + ".1"))
            os.truncate(log, 0)


def last_words(log: Path) -> str:
    """Quote the last line of a log, to follow what happened; nothing if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    telling = [line.strip() for line in lines if line.strip()]
    return f" and said: {telling[-1][:_QUOTED_CHARACTERS]}" if telling else ""
