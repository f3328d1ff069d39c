"""A flow that lasts until it is ended, with a child as those that train have one."""

import os
import time
from pathlib import Path

from prefect import flow

from menagerie.lifeline import end_child, start_child
from menagerie.settings import load_settings


@flow
def nap() -> None:
    """Sleep, and write down which processes do so."""
    child = start_child("tests.supervising.stubs", ["stay"])
    try:
        written = pids_file(load_settings().home)
        written.with_suffix(".new").write_text(f"{os.getpid()} {child.pid}")
        written.with_suffix(".new").rename(written)
        for _ in range(6_000):
            time.sleep(0.1)
    finally:
        end_child(child)


def pids_file(home: Path) -> Path:
    """Where the last nap wrote its process and its child's."""
    return home / "nap.pids"
